#!/usr/bin/env python3
"""Events as a homeserver has them, for benchmarks: usage: events.py COUNT [SHARE]

SHARE (percent, default 8) of the messages carry media; of all events 12 % are members, most with an avatar, 2 %
redactions.  Always the same ones for the same numbers.
"""
import random
import sys


def word(r, n):
    return "".join(r.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", k=n))


def main():
    count, share = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 8
    r = random.Random(7)
    rooms = [f"!{word(r, 18)}:example.org" for _ in range(max(1, count // 20000))]
    users = [f"@user{i}:host{i % 50}.example.org" for i in range(2000)]
    avatars = [word(r, 24) for _ in users]
    text = " ".join(word(r, r.randint(2, 9)) for _ in range(400))
    write, last = sys.stdout.write, "$none"
    for i in range(count):
        u = r.randrange(len(users))
        room = rooms[i * len(rooms) // count]
        event = f"${r.getrandbits(256):064x}"[:44]
        head = (f'{{"room_id":"{room}","event_id":"{event}","sender":"{users[u]}",'
                f'"origin_server_ts":{1700000000000 + i * 1000},"unsigned":{{"age":{i}}},')
        dice = r.randrange(100)
        if dice < 12:
            write(head + f'"type":"m.room.member","state_key":"{users[u]}","content":{{"membership":"join",'
                  f'"displayname":"User {u}","avatar_url":"mxc://host{u % 50}.example.org/{avatars[u]}"}}}}\n')
        elif dice < 14:
            write(head + f'"type":"m.room.redaction","redacts":"{last}","content":{{"reason":"spam"}}}}\n')
        elif r.randrange(100) < share:
            m = f"mxc://host{u % 50}.example.org/{word(r, 24)}"
            write(head + f'"type":"m.room.message","content":{{"msgtype":"m.image","body":"{word(r, 8)}.jpg","url":"{m}",'
                  f'"info":{{"w":800,"h":600,"size":123456,"mimetype":"image/jpeg"}}}}}}\n')
        else:
            at = r.randrange(len(text) - 160)
            write(head + f'"type":"m.room.message","content":{{"msgtype":"m.text","body":"{text[at:at + 150]}",'
                  f'"format":"org.matrix.custom.html","formatted_body":"<p>{text[at:at + 150]}</p>"}}}}\n')
        last = event


main()
