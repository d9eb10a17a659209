"""The frame codec: round trips, exact bytes, and refusal of what breaks a rule."""

import random
import socket
import struct
import threading
import unittest

from support import frames
from fulcrum_runtime.frames import Frame, FrameError, FrameSocket


class FrameCodec(unittest.TestCase):
    def test_bytes_are_the_documented_layout(self):
        encoded = frames.encode(Frame(frames.INFER, 7, {'a': 1}, b'xyz'))
        self.assertEqual(encoded, struct.pack('<IBQI', 13 + 7 + 3, 3, 7, 7) + b'{"a":1}' + b'xyz')

    def test_random_frames_come_back_unchanged_through_a_socket(self):
        generator = random.Random(20261121)
        sent = [Frame(generator.choice(sorted(frames.NAMES)), generator.randrange(frames.ID_LIMIT),
                      {'text': 'Zürich ✓ %d' % n, 'n': n}, generator.randbytes(generator.choice([0, 1, 100, 70000])))
                for n in range(60)]
        left, right = socket.socketpair()
        with left, right:
            writer = threading.Thread(target=lambda: [FrameSocket(left).send(frame) for frame in sent])
            writer.start()
            reader = FrameSocket(right)
            got = [reader.receive() for _ in sent]
            writer.join()
            left.shutdown(socket.SHUT_WR)
            self.assertIsNone(reader.receive())
        for before, after in zip(sent, got):
            self.assertEqual((before.kind, before.id, before.header, before.body), (after.kind, after.id, after.header, after.body))

    def test_broken_frames_are_refused(self):
        broken = {
            'short': struct.pack('<I', 4) + b'abcd',
            'too long': struct.pack('<I', frames.FRAME_LIMIT + 1),
            'unknown type': struct.pack('<IBQI', 13, 99, 1, 0),
            'id too large': struct.pack('<IBQI', 13, 3, 2 ** 53, 0),
            'header longer than frame': struct.pack('<IBQI', 13, 3, 1, 5),
            'header not JSON': struct.pack('<IBQI', 14, 3, 1, 1) + b'{',
            'header not an object': struct.pack('<IBQI', 15, 3, 1, 2) + b'[]',
            'cut': struct.pack('<IBQI', 20, 3, 1, 0),
        }
        for name, data in broken.items():
            with self.subTest(name):
                left, right = socket.socketpair()
                with left, right:
                    left.sendall(data)
                    left.shutdown(socket.SHUT_WR)
                    with self.assertRaises(FrameError):
                        FrameSocket(right).receive()

    def test_large_header_is_refused_before_it_is_sent(self):
        with self.assertRaises(FrameError):
            frames.encode(Frame(frames.LOG, 0, {'message': 'x' * frames.HEADER_LIMIT}))


if __name__ == '__main__':
    unittest.main()
