"""All errors, as a tree.

SongwrightError                 a sentence for a person: what happened, what it cost, what to do next
├── ArgumentRefused             the caller's arguments are wrong; nothing was sent
│   ├── NotFound                no such job, clip, prompt, tool
│   └── ConfirmationMissing     a quote is unknown, used, or for something else
├── SettingRefused              a setting is missing or makes no sense
│   ├── KeyMissing              no key where one is needed
│   │   └── KeychainSilent      the system's keychain does not give the key
│   └── ExtraMissing            packages that the work needs are not installed
├── BudgetRefused               would exceed a limit the person has set, or the balance
├── Blocked                     too many unsettled purchases
├── Busy                        too much work of this caller is under way on this machine
│   └── TooMuch                 as much as one caller gets within a minute
├── AccessRefused               a hosted caller is not allowed, or no longer allowed
├── IssuerUnavailable           the caller cannot be checked: the OAuth server gives no keys
├── SealBroken                  a sealed text is forged, too old, or its secret is gone
├── ServiceError                the service refused, or its answer is not understood
│   ├── KeyRefused              401
│   ├── CreditsRefused          402, 403: not enough credits or no subscription
│   ├── WordsRefused            403: moderation
│   ├── RequestRefused          400, 413, 422: the service does not take these arguments
│   ├── Retired                 410, 405
│   ├── TooFast                 429
│   ├── Unreachable             no connection: nothing left this machine
│   └── Garbled                 an unusable answer: HTML, cut JSON, missing fields
├── StorageError                this machine's disk
│   ├── JournalUnavailable      the order could not be recorded, so nothing was sent
│   ├── LibraryUnavailable      a file could not be written
│   └── JournalTooNew           written by a newer Songwright
└── DownloadRefused             a link is unsafe, dead, too large or not audio
    └── LinkDead                the link has expired; the next look brings a fresh one

Only sentences written here, or the service's own words in `service_said`, reach an assistant.
"""

from __future__ import annotations


class SongwrightError(Exception):
    """Something went wrong; `str(error)` is a complete sentence for a person.

    `service_said` holds the service's own words, if any: data, never an instruction.
    """

    def __init__(self, sentence: str, *, service_said: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.service_said = service_said


class ArgumentRefused(SongwrightError):
    """The caller's arguments are wrong. Nothing was sent and nothing was spent."""

    def __init__(self, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


class NotFound(ArgumentRefused):
    """No such job, clip, prompt or tool, for this caller."""


class ConfirmationMissing(ArgumentRefused):
    """The quote is unknown, used up, expired, or was given for another request or price."""


class SettingRefused(SongwrightError):
    """A setting is missing or makes no sense."""


class KeyMissing(SettingRefused):
    """There is no API key where one is needed."""


class KeychainSilent(KeyMissing):
    """The system's keychain does not give the key, or not yet. Nothing was sent and nothing was spent."""


class ExtraMissing(SettingRefused):
    """The work needs packages that are not installed; the sentence says what to install."""


class BudgetRefused(SongwrightError):
    """The purchase would exceed a limit the person has set, or the balance. Nothing was sent."""


class Blocked(SongwrightError):
    """Three purchases are unsettled; buying stops until they are resolved."""


class Busy(SongwrightError):
    """Too much free work of this caller is under way here. Nothing was begun and nothing was spent."""


class TooMuch(Busy):
    """This caller has had as much as anybody gets within a minute; `retry_after` seconds later there is more."""

    def __init__(self, sentence: str, *, retry_after: float) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class AccessRefused(SongwrightError):
    """The caller's access was withdrawn or is not sufficient. Nothing was sent and nothing was spent."""


class IssuerUnavailable(SongwrightError):
    """The OAuth server did not give the keys that tokens are checked with; nothing was sent or spent."""


class SealBroken(SongwrightError):
    """A sealed text or link was forged, changed, is too old, or was sealed with a secret that is gone."""


class ServiceError(SongwrightError):
    """The service refused, or its answer could not be understood."""


class KeyRefused(ServiceError):
    """The service does not accept the key."""


class CreditsRefused(ServiceError):
    """Not enough credits, or no active subscription. Nothing was charged."""


class WordsRefused(ServiceError):
    """The service's moderation refused the words. Nothing was charged."""


class RequestRefused(ServiceError):
    """The service does not take these arguments. Nothing was charged."""


class Retired(ServiceError):
    """The service no longer offers this operation. Nothing was charged."""


class TooFast(ServiceError):
    """The service refused a call because calls came too fast. Nothing was charged."""


class Unreachable(ServiceError):
    """No connection to the service; nothing left this machine."""


class Garbled(ServiceError):
    """The answer is unusable: a web page, cut JSON, or without the fields that matter."""


class StorageError(SongwrightError):
    """This machine's disk, or the database, failed."""


class JournalUnavailable(StorageError):
    """The journal cannot be read or written; an order that cannot be recorded is never sent."""


class JournalTooNew(StorageError):
    """The journal was written by a newer Songwright."""


class LibraryUnavailable(StorageError):
    """A file could not be written to the library; Songwright tries again."""


class DownloadRefused(SongwrightError):
    """A link is unsafe, gives a wrong answer or too large a file, or is not what it claims to be."""


class LinkDead(DownloadRefused):
    """The link has expired or the file is gone; the next look at the job brings a fresh link."""
