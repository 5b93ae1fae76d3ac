"""Every error Beholden raises on purpose.

    BeholdenError
    +-- ClientError                      the caller can mend it; HTTP 400
    |   +-- InvalidParameter
    |   |   +-- NoFaceInImage
    |   +-- ValidationFailed             a constraint of the service model is broken
    |   +-- SerializationFailed          the body is not the JSON the protocol asks for
    |   +-- UnknownOperation
    |   +-- NotOffered                   declared by the service model, not built here
    |   +-- InvalidImageFormat
    |   +-- ImageTooLarge
    |   +-- InvalidS3Object
    |   +-- InvalidManifest
    |   +-- VideoTooLarge
    |   +-- UnreadableVideo              said in the StatusMessage of a job
    |   +-- InvalidPaginationToken
    |   +-- ResourceNotFound
    |   +-- ResourceAlreadyExists
    |   +-- ConflictingState
    |   +-- QuotaExceeded
    |   +-- TooManyJobs
    |   +-- TooManyProcessors
    |   +-- ResourceInUse
    |   +-- IdempotentParameterMismatch
    |   +-- Throttled
    |   +-- RequestTooLarge              HTTP 413
    |   +-- RequestTimedOut              HTTP 408
    |   +-- AccessDenied
    |   |   +-- AlteredRules             a rule in the records is not as this deployment wrote it
    |   +-- AuthenticationError          the signature does not say who is calling
    |       +-- MissingAuthentication
    |       +-- IncompleteSignature
    |       +-- InvalidSignature
    |       +-- UnknownKey
    |       +-- ExpiredToken
    +-- ServerError                      we failed; HTTP 500, details stay in our log
    |   +-- AuditUnavailable             nothing is released that cannot be recorded
    |   +-- ClaimLost                    another worker holds the job, or it has ended
    |   +-- DiskFull
    |   +-- ComputeClosed                this server is shutting down
    |   +-- TaskFailed                   a worker died of a task, again and again
    |   +-- NotTaken                     a receiver did not take a record on
    +-- OperatorError                    said to the person at the command line, with the remedy

`code` is the name AWS SDKs match on; `__str__` is the message they show.
"""

from __future__ import annotations

from typing import ClassVar


class BeholdenError(Exception):
    """Base of every error raised on purpose. The docstring is the default message."""

    code: ClassVar[str] = "InternalServerError"
    status: ClassVar[int] = 500

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class ClientError(BeholdenError):
    """Request has invalid parameters."""

    code = "InvalidParameterException"
    status = 400


class InvalidParameter(ClientError):
    """Request has invalid parameters."""


class NoFaceInImage(InvalidParameter):
    """There are no faces in the image. Should be at least 1."""


class ValidationFailed(ClientError):
    """1 validation error detected."""

    code = "ValidationException"


class SerializationFailed(ClientError):
    """The request body is not a JSON object of the expected shape."""

    code = "SerializationException"


class UnknownOperation(ClientError):
    """The requested operation is not part of this service."""

    code = "UnknownOperationException"


class NotOffered(ClientError):
    """This operation is not built yet: see the coverage page."""

    code = "UnknownOperationException"


class InvalidImageFormat(ClientError):
    """Request has invalid image format."""

    code = "InvalidImageFormatException"


class ImageTooLarge(ClientError):
    """Image size is too large."""

    code = "ImageTooLargeException"


class InvalidS3Object(ClientError):
    """Request has invalid S3 object."""

    code = "InvalidS3ObjectException"


class InvalidManifest(ClientError):
    """The manifest is empty or larger than the allowed limit."""

    code = "InvalidManifestException"


class VideoTooLarge(ClientError):
    """The file size or duration of the supplied media is too large. The maximum file size is 10GB.
    The maximum duration is 6 hours."""

    code = "VideoTooLargeException"


class UnreadableVideo(ClientError):
    """The object is not a video that can be decoded."""


class InvalidPaginationToken(ClientError):
    """The pagination token is not valid: pass NextToken as the last page gave it."""

    code = "InvalidPaginationTokenException"


class ResourceNotFound(ClientError):
    """The resource specified in the request cannot be found."""

    code = "ResourceNotFoundException"


class ResourceAlreadyExists(ClientError):
    """A resource with the specified id already exists."""

    code = "ResourceAlreadyExistsException"


class ConflictingState(ClientError):
    """Another request changed the resource at the same time: try again."""

    code = "ConflictException"


class QuotaExceeded(ClientError):
    """The request exceeds a service quota."""

    code = "ServiceQuotaExceededException"


class TooManyJobs(ClientError):
    """Limit of 20 concurrent jobs exceeded: wait until one has ended."""

    code = "LimitExceededException"


class TooManyProcessors(ClientError):
    """Limit of 10 stream processors exceeded: delete one that is not needed."""

    code = "LimitExceededException"


class ResourceInUse(ClientError):
    """The specified resource is already being used."""

    code = "ResourceInUseException"


class IdempotentParameterMismatch(ClientError):
    """This ClientRequestToken was used before with other parameters."""

    code = "IdempotentParameterMismatchException"


class Throttled(ClientError):
    """Provisioned Rate exceeded."""

    code = "ProvisionedThroughputExceededException"


class RequestTooLarge(ClientError):
    """The request body is larger than this service accepts."""

    code = "RequestEntityTooLargeException"
    status = 413


class RequestTimedOut(ClientError):
    """The request body did not arrive in time."""

    code = "RequestTimeoutException"
    status = 408


class AccessDenied(ClientError):
    """The caller may not do this. The message names the rule and what would satisfy it."""

    code = "AccessDeniedException"


class AlteredRules(AccessDenied):
    """A row that carries a rule is not as this deployment wrote it: nothing is decided by it."""

    rule: ClassVar[str] = "altered-rules"

    def __init__(self, table: str, row: str) -> None:
        super().__init__(
            f"The row {row} of {table} was written into the records past Beholden, or changed "
            "there: nothing is decided by it. Find out who can write to them; then restore them "
            "from a backup, or delete that row and declare it anew."
        )


class AuthenticationError(ClientError):
    """The security token included in the request is invalid."""

    code = "UnrecognizedClientException"


class MissingAuthentication(AuthenticationError):
    """Missing Authentication Token"""

    code = "MissingAuthenticationTokenException"


class IncompleteSignature(AuthenticationError):
    """The request signature does not include all that AWS Signature Version 4 asks for."""

    code = "IncompleteSignatureException"


class InvalidSignature(AuthenticationError):
    """The request signature we calculated does not match the signature you provided."""

    code = "InvalidSignatureException"


class UnknownKey(AuthenticationError):
    """The security token included in the request is invalid."""


class ExpiredToken(AuthenticationError):
    """The security token included in the request is expired"""

    code = "ExpiredTokenException"


class ServerError(BeholdenError):
    """Internal server error"""


class AuditUnavailable(ServerError):
    """The audit log cannot be written or read, so nobody is identified and nothing is released."""


class ClaimLost(ServerError):
    """This worker's claim on the job is lost: another holds it, or it has ended."""


class DiskFull(ServerError):
    """The server's disk is full: free some space on it and start the job again."""


class ComputeClosed(ServerError):
    """The server is shutting down."""


class TaskFailed(ServerError):
    """A worker process ended before it was done, each time it was tried."""


class NotTaken(ServerError):
    """The receiver did not take the record on."""


class OperatorError(BeholdenError):
    """Something on this machine needs the operator. The message says what and how to mend it."""
