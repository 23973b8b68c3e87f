"""The tools, resources and prompts of fixed names that the conformance suites ask for, beside Songwright's own."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    AudioContent,
    CallToolResult,
    ClientCapabilities,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitationCapability,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    EmbeddedResource,
    GetPromptResult,
    ImageContent,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    Prompt,
    PromptArgument,
    PromptMessage,
    SamplingCapability,
    SamplingMessage,
    TextContent,
    TextResourceContents,
    Tool,
)
from pydantic import BaseModel, Field

from songwright import tools
from songwright.server.app import Songwright
from songwright.server.protocol import resources as own_resources
from songwright.server.protocol.tools_server import SongwrightServer

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=="
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA="
PAUSE = 0.05
Answer = CallToolResult | InputRequiredResult
Ctx = Context[Any, Any]


class Dressed(SongwrightServer):
    """Songwright's server; a tool or prompt that it does not know is looked for among the suite's."""

    async def list_tools(self) -> list[Tool]:
        """Both, its own first."""
        return [*await super().list_tools(), *map(enriched, await MCPServer.list_tools(self))]

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Ctx | None = None) -> Answer:
        """Whoever has the tool answers."""
        if any(tool.name == name for tool in await MCPServer.list_tools(self)):
            return await MCPServer.call_tool(self, name, arguments, context)
        return await super().call_tool(name, arguments, context)

    async def list_prompts(self) -> list[Prompt]:
        """Both, its own first."""
        suite = (
            Prompt(name=name, description=name, arguments=[PromptArgument(name=a, description=a) for a in arguments])
            for name, arguments in PROMPTS.items()
        )
        return [*await super().list_prompts(), *suite]

    async def get_prompt(  # type: ignore[override]  # prompts of the suite ask first, and ours never do
        self, name: str, arguments: dict[str, Any] | None = None, context: Ctx | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """Whoever has the prompt answers."""
        if name not in PROMPTS:
            return await super().get_prompt(name, arguments, context)
        return prompt(name, arguments or {}, context)


def server(app: Songwright) -> SongwrightServer:
    """Songwright's server with everything that the suites ask for."""

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
        async with app.running():
            yield {}

    made = Dressed(
        app.caller,
        tools.chosen(("all",)),
        name="songwright-general",
        version="0",
        lifespan=lifespan,
        log_level="ERROR",
    )
    own_resources.add(made, app.caller)
    for add in (contents, schemas, era_of_sessions, questions, resources):
        add(made)
    return made


def said(text: str) -> CallToolResult:
    """A result of one line."""
    return CallToolResult(content=[TextContent(text=text)])


def enriched(tool: Tool) -> Tool:
    """The suite's tool, with a schema that no signature can spell where it asks for one."""
    return tool.model_copy(update={"input_schema": RICH_SCHEMA}) if tool.name == RICH else tool


def contents(server: MCPServer[Any]) -> None:
    """Every kind of content, an error, and progress."""
    image = ImageContent(data=PNG, mime_type="image/png")

    @server.tool()
    def test_simple_text() -> CallToolResult:
        """Text."""
        return said("This is a simple text response for testing.")

    @server.tool()
    def test_image_content() -> CallToolResult:
        """An image."""
        return CallToolResult(content=[image])

    @server.tool()
    def test_audio_content() -> CallToolResult:
        """A sound."""
        return CallToolResult(content=[AudioContent(data=WAV, mime_type="audio/wav")])

    @server.tool()
    def test_embedded_resource() -> CallToolResult:
        """A resource inside the result."""
        return CallToolResult(content=[embedded("test://embedded-resource", "This is an embedded resource content.")])

    @server.tool()
    def test_multiple_content_types() -> CallToolResult:
        """Several kinds at once."""
        data = json.dumps({"test": "data", "value": 123})
        resource = embedded("test://mixed-content-resource", data, "application/json")
        return CallToolResult(content=[TextContent(text="Multiple content types test:"), image, resource])

    @server.tool()
    def test_error_handling() -> CallToolResult:
        """Always an error."""
        raise ToolError("This tool intentionally returns an error for testing")

    @server.tool()
    async def test_tool_with_progress(ctx: Ctx) -> CallToolResult:
        """Says how far it is."""
        for done in (0, 50, 100):
            await ctx.report_progress(done, 100, f"{done} of 100")
            await anyio.sleep(PAUSE)
        return said("Tool with progress executed")

    @server.tool()
    def test_missing_capability(ctx: Ctx) -> CallToolResult:
        """Needs a client that samples."""
        if ctx.client_capabilities is None or ctx.client_capabilities.sampling is None:
            data: dict[str, Any] = {"requiredCapabilities": {"sampling": {}}}
            raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, "This tool needs sampling", data)
        return said("sampling is there")


def schemas(server: MCPServer[Any]) -> None:
    """Arguments with unusual schemas."""

    @server.tool()
    def test_custom_headers(
        region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})],
    ) -> CallToolResult:
        """An argument that a proxy can read in a header."""
        return said(region)

    @server.tool(name=RICH)
    def rich(arguments: dict[str, Any]) -> CallToolResult:
        """Tool with JSON Schema 2020-12 features"""
        return said(json.dumps(arguments))


RICH = "json_schema_2020_12_tool"
RICH_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
"""Every keyword of JSON Schema 2020-12 that the suite looks for."""


def era_of_sessions(server: MCPServer[Any]) -> None:
    """Questions of the older revisions, which the server asks in the middle of a call."""

    class Person(BaseModel):
        username: str = Field(description="User's response")
        email: str = Field(description="User's email address")

    @server.tool()
    async def test_elicitation(message: str, ctx: Ctx) -> CallToolResult:
        """Asks for two texts."""
        answer = await ctx.elicit(message, Person)
        return said(f"User response: {answer.model_dump_json()}")

    @server.tool()
    async def test_elicitation_sep1034_defaults(ctx: Ctx) -> CallToolResult:
        """Asks with a default for every kind of field."""
        status = {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"}
        return await asked(
            ctx,
            name={"type": "string", "default": "John Doe"},
            age={"type": "integer", "default": 30},
            score={"type": "number", "default": 95.5},
            status=status,
            verified={"type": "boolean", "default": True},
        )

    @server.tool()
    async def test_elicitation_sep1330_enums(ctx: Ctx) -> CallToolResult:
        """Asks with every kind of choice."""
        plain = {"type": "string", "enum": ["option1", "option2", "option3"]}
        titled = [{"const": f"value{n}", "title": f"{word} Option"} for n, word in enumerate(WORDS, 1)]
        names = {"enum": ["opt1", "opt2", "opt3"], "enumNames": [f"Option {n}" for n in ("One", "Two", "Three")]}
        return await asked(
            ctx,
            untitledSingle=plain,
            titledSingle={"type": "string", "oneOf": titled},
            legacyEnum={"type": "string", **names},
            untitledMulti={"type": "array", "items": plain},
            titledMulti={"type": "array", "items": {"anyOf": titled}},
        )


WORDS = ("First", "Second", "Third")


async def asked(ctx: Ctx, **properties: dict[str, Any]) -> CallToolResult:
    """A question with these fields, put on the call's own stream."""
    schema = {"type": "object", "properties": properties, "required": []}
    answer = await ctx.request_context.session.elicit(
        "Please fill in", schema, related_request_id=ctx.request_context.request_id
    )
    return said(f"Elicitation completed: action={answer.action}, content={json.dumps(answer.content)}")


def elicit(message: str, name: str, kind: str = "string") -> ElicitRequest:
    """A question with one field."""
    schema = {"type": "object", "properties": {name: {"type": kind}}, "required": [name]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def sample(text: str, tokens: int) -> CreateMessageRequest:
    """A request to the client's own model."""
    words = SamplingMessage(role="user", content=TextContent(text=text))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[words], max_tokens=tokens))


def field_of(ctx: Ctx | None, key: str, name: str) -> Any:
    """What the person filled in; None when it is not there or not an answer."""
    answer = ((ctx.input_responses if ctx else None) or {}).get(key)
    return (answer.content or {}).get(name) if isinstance(answer, ElicitResult) else None


NAME = "What is your name?"


def questions(server: MCPServer[Any]) -> None:
    """Questions of the newest revision, which travel in the result of a call."""

    @server.tool()
    def test_input_required_result_elicitation(ctx: Ctx) -> Answer:
        """Asks for a name."""
        name = field_of(ctx, "user_name", "name")
        if name is None:
            return InputRequiredResult(input_requests={"user_name": elicit(NAME, "name")})
        return said(f"Hello, {name}!")

    @server.tool()
    def test_input_required_result_sampling(ctx: Ctx) -> Answer:
        """Asks the client's model."""
        answer = (ctx.input_responses or {}).get("capital_question")
        if not isinstance(answer, CreateMessageResult):
            question = sample("What is the capital of France?", 100)
            return InputRequiredResult(input_requests={"capital_question": question})
        return said(str(answer.content))

    @server.tool()
    def test_input_required_result_list_roots(ctx: Ctx) -> Answer:
        """Asks for the client's roots."""
        answer = (ctx.input_responses or {}).get("client_roots")
        if not isinstance(answer, ListRootsResult):
            return InputRequiredResult(input_requests={"client_roots": ListRootsRequest()})
        return said(", ".join(str(root.uri) for root in answer.roots))

    @server.tool()
    def test_input_required_result_request_state(ctx: Ctx) -> Answer:
        """Remembers through the client."""
        if field_of(ctx, "confirm", "ok") is None or ctx.request_state != "asked":
            question = elicit("Please confirm", "ok", "boolean")
            return InputRequiredResult(input_requests={"confirm": question}, request_state="asked")
        return said("state-ok")

    @server.tool()
    def test_input_required_result_tampered_state(ctx: Ctx) -> Answer:
        """Remembers through a client that is not to be trusted."""
        if ctx.request_state is None:
            question = elicit("Please confirm", "ok", "boolean")
            return InputRequiredResult(input_requests={"confirm": question}, request_state="asked")
        return said("state-ok")

    @server.tool()
    def test_input_required_result_multiple_inputs(ctx: Ctx) -> Answer:
        """Asks three things at once."""
        wanted = {
            "user_name": elicit(NAME, "name"),
            "greeting": sample("Generate a greeting", 50),
            "client_roots": ListRootsRequest(),
        }
        if wanted.keys() - (ctx.input_responses or {}).keys():
            return InputRequiredResult(input_requests=wanted, request_state="asked")
        return said("everything is here")

    @server.tool()
    def test_input_required_result_multi_round(ctx: Ctx) -> Answer:
        """Asks one thing after the other."""
        if ctx.request_state is None:
            question = elicit("Step 1: What is your name?", "name")
            return InputRequiredResult(input_requests={"step1": question}, request_state="first")
        if ctx.request_state == "first":
            question = elicit("Step 2: What is your favorite color?", "color")
            return InputRequiredResult(input_requests={"step2": question}, request_state="second")
        return said(f"Your color is {field_of(ctx, 'step2', 'color')}.")

    @server.tool()
    def test_input_required_result_capabilities(ctx: Ctx) -> Answer:
        """Asks only what this client can answer."""
        able = ctx.client_capabilities or ClientCapabilities()
        wanted: dict[str, Any] = {}
        if isinstance(able.elicitation, ElicitationCapability):
            wanted["user_name"] = elicit(NAME, "name")
        if isinstance(able.sampling, SamplingCapability):
            wanted["greeting"] = sample("Generate a greeting", 50)
        return InputRequiredResult(input_requests=wanted) if wanted else said("nobody can be asked")


def embedded(uri: str, text: str, mime_type: str = "text/plain") -> EmbeddedResource:
    """A text resource inside another message."""
    return EmbeddedResource(resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text))


def resources(server: MCPServer[Any]) -> None:
    """A text, a picture, a template."""

    @server.resource("test://static-text", mime_type="text/plain", description="A text.")
    def text() -> str:
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", mime_type="image/png", description="A picture.")
    def binary() -> bytes:
        return b64decode(PNG)

    @server.resource("test://template/{id}/data", mime_type="application/json", description="A template.")
    def template(id: str) -> str:  # noqa: A002 — the suite's name
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


PROMPTS = {
    "test_simple_prompt": (),
    "test_prompt_with_arguments": ("arg1", "arg2"),
    "test_prompt_with_embedded_resource": ("resourceUri",),
    "test_prompt_with_image": (),
    "test_input_required_result_prompt": (),
}


def prompt(name: str, given: dict[str, Any], ctx: Ctx | None) -> GetPromptResult | InputRequiredResult:
    """One of the suite's prompts."""
    parts: list[Any] = []
    if name == "test_simple_prompt":
        parts = [TextContent(text="This is a simple prompt for testing.")]
    elif name == "test_prompt_with_arguments":
        if not {"arg1", "arg2"} <= given.keys():
            raise MCPError(INVALID_PARAMS, "arg1 and arg2 are needed")
        parts = [TextContent(text=f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'")]
    elif name == "test_prompt_with_embedded_resource":
        parts = [embedded(given["resourceUri"], "Embedded resource content for testing.")]
        parts += [TextContent(text="Please process the embedded resource above.")]
    elif name == "test_prompt_with_image":
        parts = [ImageContent(data=PNG, mime_type="image/png"), TextContent(text="Please analyze the image above.")]
    else:
        answer = field_of(ctx, "user_context", "context")
        if answer is None:
            question = elicit("What context should the prompt use?", "context")
            return InputRequiredResult(input_requests={"user_context": question})
        parts = [TextContent(text=f"Use this context: {answer}")]
    return GetPromptResult(messages=[PromptMessage(role="user", content=part) for part in parts])
