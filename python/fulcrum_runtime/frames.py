"""The framed protocol between gateway and scoring worker (file descriptor 3, one stream socket, both directions).

Frame, little-endian::

    u32 length of the rest | u8 type | u64 id | u32 header length | header (UTF-8 JSON object) | body (bytes)

``length`` counts everything after itself: 1 + 8 + 4 + header + body. Header ≤ 65,536 bytes, ids < 2**53 (they are JavaScript
numbers on the other side), frame ≤ FRAME_LIMIT. A frame that breaks a rule ends the worker: there is no resynchronising.

=========  ==  =========  ==============================================================================================
type       nr  direction  header (body)
=========  ==  =========  ==============================================================================================
HELLO       1  worker ->  {protocol: 1, pid, python, version}: first frame, before anything is loaded
HELLO       1  -> worker  {protocol: 1, engine: 'score.py'|'mlflow', modelDir?, script?, codeDir?, deployment?,
                          collections?: {model_inputs: true, model_outputs: true}, maxBodyBytes?}
READY       2  worker ->  {engine, initSeconds, inputs: [{name, type, required, shape?}]|null, outputs: same,
                          swagger: object|null, inputExample: object|null, flavor?}
INFER       3  -> worker  {deadlineMs?: time left in ms, method?, path?, query?, headers?: {lower-case name: value},
                          requestId?, correlationId?, collect?: bool (default true)} (request body as received)
RESULT      4  worker ->  {status, headers: {…}, execMs, rows?} (response body); same id as the request
ERROR       5  worker ->  {kind: 'input'|'user'|'timeout'|'internal', status, message, column?, traceback?, execMs}
BATCH       6  -> worker  {files: [path…], attempt?, deadlineMs?}; answered by RESULT {rows: n} (body: JSON list) or ERROR
LOG         7  worker ->  {level, message, time (epoch s), requestId?}
MDC         8  worker ->  {collection, correlationId, requestId, rows: n, time} (body: JSON list of row objects);
                          one frame per collection and request, sent before the RESULT of the same id
PING        9  -> worker  {}; answered by PONG (10) with the same id when the worker is idle
PONG       10  worker ->  {}
CANCEL     11  -> worker  {}: advisory; synchronous user code sees only its deadline
DRAIN      12  -> worker  {}: finish what is being done, then exit 0
=========  ==  =========  ==============================================================================================

Worker exit status: 0 drained or the gateway closed the stream · 3 the user's script or model is at fault (an ERROR frame
with id 0 went before) · 4 broken frame.
"""

import json
import struct

HELLO = 1
READY = 2
INFER = 3
RESULT = 4
ERROR = 5
BATCH = 6
LOG = 7
MDC = 8
PING = 9
PONG = 10
CANCEL = 11
DRAIN = 12

PROTOCOL = 1
NAMES = {1: 'HELLO', 2: 'READY', 3: 'INFER', 4: 'RESULT', 5: 'ERROR', 6: 'BATCH', 7: 'LOG', 8: 'MDC', 9: 'PING', 10: 'PONG',
         11: 'CANCEL', 12: 'DRAIN'}

LENGTH = struct.Struct('<I')
REST = struct.Struct('<BQI')
HEADER_LIMIT = 64 * 1024
FRAME_LIMIT = 256 * 1024 * 1024
ID_LIMIT = 2 ** 53


class FrameError(Exception):
    """The stream breaks a rule of the protocol; it cannot be used any further."""


class Frame:
    """One message: ``kind`` (a number of NAMES), ``id``, ``header`` (dict), ``body`` (bytes)."""

    __slots__ = ('kind', 'id', 'header', 'body')

    def __init__(self, kind, frame_id, header=None, body=b''):
        self.kind = kind
        self.id = frame_id
        self.header = {} if header is None else header
        self.body = body

    def __repr__(self):
        return 'Frame(%s, %d, %r, %d bytes)' % (NAMES.get(self.kind, self.kind), self.id, self.header, len(self.body))


def encode(frame):
    """The bytes of a frame; raises FrameError when a limit is broken."""
    header = json.dumps(frame.header, ensure_ascii=False, separators=(',', ':'), allow_nan=False).encode('utf-8')
    if len(header) > HEADER_LIMIT:
        raise FrameError('header of %d bytes, the limit is %d' % (len(header), HEADER_LIMIT))
    if not 0 <= frame.id < ID_LIMIT or frame.kind not in NAMES:
        raise FrameError('id %d or type %d is out of range' % (frame.id, frame.kind))
    length = REST.size + len(header) + len(frame.body)
    if length > FRAME_LIMIT:
        raise FrameError('frame of %d bytes, the limit is %d' % (length, FRAME_LIMIT))
    return b''.join((LENGTH.pack(length), REST.pack(frame.kind, frame.id, len(header)), header, frame.body))


def decode_rest(rest):
    """The frame whose bytes after the length field are ``rest``."""
    if len(rest) < REST.size:
        raise FrameError('frame of %d bytes is shorter than its fixed part' % len(rest))
    kind, frame_id, header_length = REST.unpack_from(rest)
    if kind not in NAMES or frame_id >= ID_LIMIT:
        raise FrameError('id %d or type %d is out of range' % (frame_id, kind))
    if header_length > HEADER_LIMIT or REST.size + header_length > len(rest):
        raise FrameError('header length %d does not fit a frame of %d bytes' % (header_length, len(rest)))
    end = REST.size + header_length
    try:
        header = json.loads(rest[REST.size:end].decode('utf-8')) if header_length else {}
    except ValueError as error:
        raise FrameError('header is not JSON: %s' % error)
    if not isinstance(header, dict):
        raise FrameError('header is not a JSON object')
    return Frame(kind, frame_id, header, rest[end:])


class FrameSocket:
    """Blocking frames over a connected stream socket; one reader, one writer."""

    def __init__(self, connection):
        self.connection = connection

    def send(self, frame):
        """Write one frame in a single call."""
        self.connection.sendall(encode(frame))

    def _exactly(self, count):
        buffer = bytearray(count)
        view, filled = memoryview(buffer), 0
        while filled < count:
            got = self.connection.recv_into(view[filled:], count - filled)
            if got == 0:
                if filled == 0:
                    return None
                raise FrameError('the stream ended within a frame')
            filled += got
        return bytes(buffer)

    def receive(self):
        """The next frame, or None at the end of the stream."""
        prefix = self._exactly(LENGTH.size)
        if prefix is None:
            return None
        length = LENGTH.unpack(prefix)[0]
        if not REST.size <= length <= FRAME_LIMIT:
            raise FrameError('frame length %d is out of range' % length)
        rest = self._exactly(length)
        if rest is None:
            raise FrameError('the stream ended within a frame')
        return decode_rest(rest)
