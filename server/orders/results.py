"""Turns jobs and clips into what an assistant reads: small, complete, no nulls, no lyrics, every sentence true."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..core.errors import JournalUnavailable, ServiceError, SongwrightError
from ..core.jobs import SENTENCES, Account, Asked, Balance, Clip, Job, SavedFile, State
from ..core.operation import TEXT_KINDS, Facts, Finish, Purchase
from ..core.threads import in_thread
from ..core.written import moment
from ..files.library import Library
from ..journal.recipes import use_of
from ..journal.write import Journal, Verdict
from ..service.offline import font_trouble
from . import money
from .envelope import cut, fitted
from .toy import beyond

STYLE_CUT = 60
NAME_CUT = 80

_STATUS = {
    State.DONE: "done",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
    State.UNKNOWN: "unknown",
}


@dataclass(frozen=True)
class Result:
    """A finished answer: its members, and the sentence in front."""

    data: dict[str, Any]
    summary: str
    error: bool = False
    waited: bool = False
    """Whether it was waited for as long as the caller would: if it is not final, it is the answer of a long call."""

    def noting(self, sentence: str | None) -> Result:
        """The same, with one more sentence that the person should know."""
        if not sentence or sentence in self.data.get("notice", ""):
            return self
        notice = " ".join(filter(None, (self.data.get("notice"), sentence)))
        return replace(self, data={**self.data, "notice": notice})

    @property
    def orders(self) -> tuple[str, ...]:
        """The orders that it names."""
        rows = (self.data, *self.data.get("songs", ()))
        return tuple(row["job_id"] for row in rows if "job_id" in row)

    @property
    def told(self) -> dict[str, Any]:
        """All that a model reads: the sentence first, nothing empty, no more than an answer may take."""
        members = {name: value for name, value in self.data.items() if value is not None}
        return fitted({"summary": self.summary, **members})


Shown = Callable[[Path], dict[str, str]]
"""Where a saved file is found by whoever reads the result: on this machine, or behind a link."""


def on_this_machine(path: Path) -> dict[str, str]:
    """The file's own place, for a client on the same machine."""
    return {"file": str(path)}


_THIS_CALL = re.compile(r"Nothing was (?:sent or )?charged[^.]*\.\s*")
"""The part of a sentence that is about the money of one call."""
_NOT_HERE = ("task_unknown", "not_saved")
"""Problems of an order that was paid and is not, or not completely, in the library."""


class Results:
    """Builds results for one account."""

    def __init__(
        self,
        journal: Journal,
        library: Library,
        account: Account,
        operation_of: Callable[[Job], Purchase | None],
        facts_of: Callable[[Job], Facts],
        shown: Shown = on_this_machine,
        soundfont: Path | None = None,
    ) -> None:
        self._journal = journal
        self._library = library
        self._account = account
        self._operation_of = operation_of
        self._facts_of = facts_of
        self._shown = shown
        self._soundfont = soundfont

    def place(self, file: SavedFile) -> dict[str, str]:
        """Where a saved file is found."""
        return self.place_of(file.path)

    def place_of(self, relative: str) -> dict[str, str]:
        """Where a file of the library is found."""
        return self._shown(self._library.locate(relative))

    def found(self, file: SavedFile) -> dict[str, str]:
        """Where a saved file is found, or where it was before it was moved or deleted. Blocks."""
        place = self.place(file)
        return {"missing": place.get("file", file.path)} if self._library.lacks(file.path) else place

    async def _balance(self) -> Balance | None:
        """The balance as last read; a tenant who spends the operator's credits is not told how many there are."""
        return None if self._account.shared else await in_thread(self._journal.balance, self._account)

    async def of_job(
        self, job: Job, *, asked: Asked | None = None, only: str | None = None, said: str | None = None
    ) -> Result:
        """What became of a job and its follow-up jobs. `only` keeps one clip; `said` is added."""
        children = await in_thread(self._journal.children, job.id)
        # The newest one that is not simply done decides the status: there is something to wait for or to settle.
        # If a join failed or was cancelled, the parts are still there, so the order as a whole has not failed.
        ended = (State.DONE, State.FAILED, State.CANCELLED) if job.state is State.DONE else (State.DONE,)
        home = (child.state in ended and (child.state is not State.DONE or child.problem is None) for child in children)
        speaker = next((child for child, is_home in zip(children, home, strict=True) if not is_home), job)
        if only is None:
            clips = await in_thread(self.heard, job, children)
        else:
            family = [clip for member in (job, *children) for clip in await in_thread(self._journal.clips, member.id)]
            clips = [clip for clip in family if clip.clip_id == only]
        shown = [c for c in clips if c.state != "failed"]
        saved = {c.clip_id: await in_thread(self._journal.files, self._account, c.clip_id) for c in shown}
        data: dict[str, Any] = {"status": self._status(speaker, shown), "job_id": job.id}
        if shown:
            data["clips"] = [await in_thread(self._clip, clip, saved[clip.clip_id]) for clip in shown]
            for before, row in reversed(list(pairwise(data["clips"]))):
                if "style" in row and row["style"] == before.get("style"):
                    del row["style"]  # takes share theirs, and it is told with the first
        data |= await self._outcome(job)
        added = [file for child in children for file in (await self._outcome(child)).get("files", ())]
        if added and only is None:
            data["files"] = [*data.get("files", ()), *added]
        if job.settled and (failed := sum(c.state == "failed" for c in clips)) and job.state is State.DONE:
            data["failed_takes"] = failed
        members = (job, *children)
        cost = None if any(member.cost is None for member in members) else sum(member.charge for member in members)
        balance = await self._balance()
        if balance is not None and balance.read_at < max(member.sent_at or 0.0 for member in members):
            balance = None  # it was read before this was bought, and would be taken for what is left after it
        if note := money.credits_note(cost, balance):
            data["credits"] = note
        if self._account.sandbox and shown:
            trouble = "" if self._soundfont is None else await in_thread(font_trouble, self._soundfont)
            said = " ".join(filter(None, (said, beyond(shown[0].style or ""), trouble)))
        data |= await self._remarks(job, speaker, asked, data, said)
        if job.state is State.DONE and speaker.state is State.DONE:
            data |= self._unjoined(children, data)
        if self._account.sandbox:
            data["sandbox"] = True
        return Result(data, _summary(job, shown, data), error=speaker.state is State.FAILED)

    def heard(self, job: Job, children: Sequence[Job]) -> list[Clip]:
        """What there is to hear: the takes, each replaced by the whole song that a follow-up has made of it. Blocks."""
        takes = self._journal.clips(job.id)
        orders = [(child, self._operation_of(child)) for child in children]
        # A follow-up that adds a file to a take, such as a WAV, replaces nothing.
        joins = [(child, order) for child, order in orders if order is None or order.clip_of is None]
        if not joins:
            return takes
        shown: list[Clip] = []
        for child, operation in joins:
            made = self._journal.clips(child.id)
            parts = [] if operation is None else [clip_id for ids in operation.sources().values() for clip_id in ids]
            shown += made if any(clip.state != "failed" for clip in made) else [t for t in takes if t.clip_id in parts]
        return shown + [take for take in takes if take.state == "failed"]

    def _unjoined(self, children: Sequence[Job], data: dict[str, Any]) -> dict[str, Any]:
        """A sentence about follow-ups that came to nothing: the rest is here, and they can be ordered again."""
        failed = [child for child in children if child.state in (State.FAILED, State.CANCELLED)]
        if not failed:
            return {}
        first = failed[0]
        one = len(failed) == 1
        was = "was" if one else "were"
        became = "failed" if any(child.state is State.FAILED for child in failed) else f"{was} cancelled"
        # "Nothing was charged" is true of that one call only; what the whole order cost is in `credits`.
        why = _THIS_CALL.sub("", first.sentence or SENTENCES[first.state]).strip()
        why = f": {why}" if first.state is State.FAILED else "."
        paid = any(child.charge for child in failed)
        cost = f"{was} not charged" if not paid else "counts as paid" if one else "count as paid"
        said = (
            f"{len(failed)} of {len(children)} follow-up orders {became} and {cost}{why} The rest is here and paid for."
        )
        notice = f"{data['notice']} {said}" if "notice" in data else said
        again = next(iter(first.arguments.values()), "")
        return {"notice": notice, "next": f'To buy it again, call {first.operation} with "{again}".'}

    def of_silence(self, job: Job, error: JournalUnavailable) -> Result:
        """The journal failed during a wait: say what was last known of the order, and that it is not lost."""
        ended = job.state in (State.FAILED, State.CANCELLED)
        safe = "" if ended else f"Order {job.id} is on record and not lost. Do not order it again."
        last = job.sentence or SENTENCES[job.state]
        data: dict[str, Any] = {
            "status": self._status(job, ()),
            "job_id": job.id,
            "notice": " ".join(part for part in (safe, "Last known:", last, error.sentence) if part),
            "next": f'Call wait_for_song with job_id "{job.id}" in a minute.',
        }
        if self._account.sandbox:
            data["sandbox"] = True
        return Result(data, _summary(job, (), data))

    async def _outcome(self, job: Job) -> dict[str, Any]:
        """Facts and further files of a finished job, where its answer holds any."""
        operation = self._operation_of(job)
        if operation is None or job.answer is None or job.state is not State.DONE:
            return {}
        outcome = operation.outcome(job.answer)
        facts = dict(outcome.facts)
        owners = {link.clip_id for link in outcome.links} | ({operation.clip_of} if outcome.timeline else set())
        files = [
            {"kind": file.kind, "clip_id": owner, **await in_thread(self.found, file)}
            for owner in sorted(filter(None, owners))
            for file in await in_thread(self._journal.files, self._account, owner)
            if file.kind in {link.kind for link in outcome.links}
            or (outcome.timeline and file.kind in TEXT_KINDS.values())
        ]
        return facts | ({"files": files} if files else {})

    def _status(self, job: Job, clips: Sequence[Clip]) -> str:
        if job.state in _STATUS:
            return _STATUS[job.state]
        return "streaming" if any(clip.audio_url for clip in clips) else "working"

    def with_origin(self, result: Result, job: Job, clip_id: str | None = None) -> Result:
        """The same with where it comes from: one clip, or the first that the order has made. Blocks."""
        named = clip_id or next((clip.clip_id for clip in self._journal.clips(job.id)), None)
        found = None if named is None else self._journal.clip(self._account, named)
        origin: dict[str, Any] = {"operation": job.operation, "asked": job.subject}
        origin["created"] = moment(job.created_at)
        if found is not None and found.clip.model:
            origin["model"] = found.clip.model
        if found is not None and found.sources:
            origin["sources"] = {relation: list(ids) for relation, ids in found.sources.items()}
        if clip_id is not None and (files := self._journal.files(self._account, clip_id)):
            origin["files"] = [{"kind": file.kind, **self.found(file)} for file in files]
        return replace(result, data={**result.data, **origin})

    def with_choice(self, result: Result) -> Result:
        """The same with a mark at the take that the person has chosen. Blocks."""
        rows = [
            {**row, "kept": True} if self._journal.kept(self._account, row["clip_id"]) else row
            for row in result.data.get("clips", ())
        ]
        return replace(result, data={**result.data, "clips": rows}) if rows else result

    def with_words(self, result: Result) -> Result:
        """The same with the words of its clips; those that a clip shares with the one before are told once. Blocks."""
        rows, before = list[dict[str, Any]](), ""
        for row in result.data.get("clips", ()):
            found = self._journal.clip(self._account, row["clip_id"])
            words = found.clip.lyrics if found else ""
            rows.append({**row, "lyrics": words} if words and words != before else row)
            before = words
        return replace(result, data={**result.data, "clips": rows}) if rows else result

    def _clip(self, clip: Clip, files: Sequence[SavedFile]) -> dict[str, Any]:
        data: dict[str, Any] = {"clip_id": clip.clip_id}
        # Until it is finished only the stream link matters; the sentence has the title.
        if clip.good:
            data["title"] = clip.title
        if clip.seconds is not None:
            data["seconds"] = round(clip.seconds, 1)
        if clip.part:
            data["part"] = clip.part
        audio = next((file for file in files if file.kind == "audio"), None)
        if audio is not None:
            data |= self.found(audio)
            if "missing" not in data:
                data["resource"] = f"song://clips/{clip.clip_id}/audio"
            elif clip.audio_url is not None:
                data["url"] = clip.audio_url
            # Told once, with the file: earlier answers only need the stream link.
            if clip.style:
                data["style"] = cut(clip.style, STYLE_CUT)
        elif clip.audio_url is not None:
            data["url"] = clip.audio_url
        return data

    async def _remarks(
        self, parent: Job, job: Job, asked: Asked | None, data: dict[str, Any], told: str | None
    ) -> dict[str, Any]:
        """Notice, next call, the service's words: what a person should know beside the facts."""
        # Keep what the answer itself said, such as that no tempo was found.
        said: list[str] = [data["notice"]] if "notice" in data else []
        remarks: dict[str, Any] = {}
        if asked is Asked.REPLAYED:
            remarks["replayed"] = True
            when = moment(parent.created_at)
            became = "paid before and did not arrive" if parent.problem in _NOT_HERE else "fulfilled before"
            said.append(f"The same request was {became} (ordered {when}). Nothing was spent now.")
            remarks["next"] = "To buy another one, call again with again: true."
        elif asked is Asked.JOINED:
            said.append("The same request is already on order. Nothing was spent now.")
        if told:
            said.append(told)
        if job.sentence:
            said.append(job.sentence)
        elif job.state in (State.FAILED, State.CANCELLED, State.UNKNOWN):
            said.append(SENTENCES[job.state])
        if job.state is State.UNKNOWN:
            if not self._account.shared and (evidence := money.evidence(job)):
                said.append(evidence)
            which = "" if job is parent else f" with job_id {job.id}"
            ways = "attach, buy_again or give_up" if self._has_task(job) else "buy_again or give_up"
            remarks["next"] = f"Ask the person, then call resolve_job{which}: {ways}."
        elif not job.settled:
            remarks["next"] = f'Call wait_for_song with job_id "{parent.id}".'
        elif job.state is State.DONE:
            until = job.running_at or job.updated_at
            alone = not self._account.shared and await in_thread(self._journal.alone, job, until + 120.0)
            if wrong := money.disagreement(job, alone):
                said.append(wrong)
            elif job.remote_id is None and job.looks:
                said.append(money.calls_so_far(job, job.looks + 1))
            if any("missing" in row for row in data.get("clips", ())):
                said.append("A missing file was moved or deleted; get_song looks for it, free.")
            if data.get("failed_takes"):
                said.append("One take failed at the service. The other is here.")
        said += await in_thread(self._of_its_own, parent, data)
        if job.hidden and not job.settled:
            said.append(
                "It is hidden from lists. It is being sent: if the service accepts it, it is paid, finished and "
                "saved anyway; if the answer is lost, it is listed again."
                if job.state is State.SENDING
                else "It is hidden from lists. It is paid, so it is finished and saved anyway."
            )
        if said:
            remarks["notice"] = " ".join(said)
        if job.service_said:
            remarks["service_said"] = job.service_said
        return remarks

    def _has_task(self, job: Job) -> bool:
        operation = self._operation_of(job)
        return operation is None or operation.finish is Finish.POLLED

    def _of_its_own(self, job: Job, data: dict[str, Any]) -> tuple[str, ...]:
        """Remarks of the order itself, by the catalogue of the day on which it was made."""
        operation = self._operation_of(job)
        if operation is None or job.state in (State.FAILED, State.CANCELLED):
            return ()
        made = data.get("clips") if job.state is State.DONE else None
        remarks = operation.remarks(self._facts_of(job), made[0].get("seconds") if made else None)
        taken = self._journal.known_fact(use_of(job.id)) if job.operation == "create_song" else None
        return (taken, *remarks) if taken else remarks

    async def of_quote(
        self, verdict: Verdict, cost: int | None, subject: str, question: str, *, again: str, earlier: Job | None = None
    ) -> Result:
        """A price that a person must agree to first; `earlier` is an order whose answer may not have arrived."""
        balance = await self._balance()
        data: dict[str, Any] = {
            "status": "needs_confirmation",
            "credits": money.credits_note(cost, balance),
            "quote": verdict.quote,
            "notice": f"{question} Nothing has been sent or spent yet.",
            "next": f"Ask the person. If they agree, call {again} again with the same arguments and this quote.",
        }
        if self._account.sandbox:
            data["sandbox"] = True
        price = "an unknown number of credits" if cost is None else f"{cost} credits"
        if earlier is not None:
            name = _named(earlier.subject)
            data["job_id"] = earlier.id
            when = moment(earlier.created_at)
            data["notice"] += (
                f' Order {earlier.id}, "{name}", was ordered with {earlier.operation} at {when}, and its answer may '
                f"not have reached you. {SENTENCES[earlier.state]}"
            )
            data["next"] = (
                f'For that order call wait_for_song with job_id "{earlier.id}". Call {again} again with the same '
                "arguments and this quote only if the person wants this one as well."
            )
            return Result(
                data, f"Not ordered yet, because you may not know of an earlier order: {name}. {data['next']}"
            )
        return Result(data, f"Not ordered yet: {_named(subject)} costs {price}; ask the person first.")

    def declined(self, subject: str) -> Result:
        """The person said no."""
        data: dict[str, Any] = {
            "status": "cancelled",
            "notice": f"The person declined to pay for {subject}. Nothing was sent or spent.",
        }
        if self._account.sandbox:
            data["sandbox"] = True
        return Result(data, str(data["notice"]))


def _summary(job: Job, clips: Sequence[Clip], data: Mapping[str, Any]) -> str:
    """An order in one sentence: what it is, how it stands, and, once settled, what it cost."""
    titles = sorted({clip.title for clip in clips if clip.title})
    name = _named(titles[0] if titles else job.subject) + (f" and {len(titles) - 1} more" if len(titles) > 1 else "")
    said = [f"{name}: {data['status']}"]
    if saved := sum("resource" in clip for clip in data.get("clips", ())):
        said.append(f"{saved} audio file{'' if saved == 1 else 's'} saved")
    cost = data.get("credits", {}).get("cost")
    if data.get("replayed"):
        said.append("bought before, nothing spent now")
    elif cost is not None and job.settled:
        said.append(f"{cost} credit{'' if cost == 1 else 's'}")
    if data["status"] == "unknown":
        said.append("it may have been bought")
    return f"{', '.join(said)}."


def _named(subject: str) -> str:
    return cut(subject, NAME_CUT)


def failure(error: SongwrightError) -> Result:
    """A refusal, as the result of any tool."""
    data: dict[str, Any] = {"status": "failed", "notice": error.sentence}
    if isinstance(error, ServiceError) and error.service_said:
        data["service_said"] = error.service_said
    return Result(data, error.sentence, error=True)
