"""An agent of pydantic-ai that orders a song from Songwright, waits for it and says where its files are.

Without a model's key a scripted model plays the agent, so that you can see every call of the conversation. Name a model
to let it decide by itself: `python song.py --model openai:gpt-5 "a sea shanty about tea"`.
The server is the one of this folder, with the offline sandbox, which costs nothing.
"""

import argparse
import asyncio
import json
import os
from pathlib import Path
from typing import Any

from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent, ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart, UserPromptPart
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.models.function import AgentInfo, FunctionModel

PROGRAM = Path(__file__).resolve().parents[2] / ".venv" / "bin" / "songwright"
INSTRUCTIONS = (
    "Make the song that the person asks for. When it is done, say in one line for each take where its file is."
)


def script(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """The scripted model: order once, wait while the song is being made, then name the files."""
    if len(messages) == 1:
        return ModelResponse([ToolCallPart("create_song", {"idea": asked_for(messages[0]), "seconds": 30})])
    answer = messages[-1].parts[-1]
    if not isinstance(answer, ToolReturnPart):
        return ModelResponse([TextPart(f"There is no song: {answer}")])
    song: dict[str, Any] = json.loads(answer.model_response_str())
    print(song["summary"])
    if song["status"] in ("working", "streaming"):
        return ModelResponse([ToolCallPart("wait_for_song", {"job_id": song["job_id"]})])
    files = [clip["file"] for clip in song.get("clips", ())]
    return ModelResponse([TextPart("\n".join(files) or "There is no song.")])


def asked_for(message: ModelMessage) -> str:
    """The words of the person who asked."""
    return next(str(part.content) for part in message.parts if isinstance(part, UserPromptPart))


async def main() -> None:
    """Let the agent make one song, and print what it says at the end."""
    arguments = argparse.ArgumentParser(description="An agent that makes a song.")
    arguments.add_argument("--model", help="a model of pydantic-ai, like openai:gpt-5; its key is in the environment")
    arguments.add_argument("idea", nargs="?", default="a lullaby for a kettle")
    given = arguments.parse_args()
    # The transport starts a server with a handful of variables only, so settings have to be handed on.
    settings = {name: value for name, value in os.environ.items() if name.startswith("SONGWRIGHT_")}
    server = MCPToolset(StdioTransport(str(PROGRAM), ["serve", "--offline"], env=settings))
    agent = Agent(given.model or FunctionModel(script), toolsets=[server], instructions=INSTRUCTIONS)
    async with agent:
        done = await agent.run(given.idea)
    print(done.output)


if __name__ == "__main__":
    asyncio.run(main())
