"""Odd, hostile and torn mails, and what is no mail."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media.archives.sample_archives import contents, mailbox, message, noise_of, read_all

from rempart.media import ArchiveLimits, sniff

PICTURE = b"\x89PNG\r\n\x1a\n" + noise_of(3000)
TEXT = base64.encodebytes(PICTURE)
TOP = b"From: a@example.org\nMessage-ID: <1@example.org>\nMIME-Version: 1.0\nSubject: exercise\n"
IMAGE = b"Content-Type: image/png; name=a.png\nContent-Transfer-Encoding: base64\n\n" + TEXT


def mixed(*parts: bytes, boundary: bytes = b"b", kind: bytes = b"mixed", end: bytes = b"") -> bytes:
    """Return the fields and body of a multipart."""
    inner = b"".join(b"--" + boundary + b"\n" + part + b"\n" for part in parts)
    fields = b"Content-Type: multipart/" + kind + b'; boundary="' + boundary + b'"\n\n'
    return fields + inner + b"--" + boundary + b"--\n" + end


def names(data: bytes) -> list[bytes]:
    return [name for _, name, _ in read_all(data)[0]]


class TestParts:
    def test_texts_are_passed_over_and_keep_their_numbers(self) -> None:
        data = TOP + mixed(b"\nhello", b"Content-Type: text/html\n\n<p>", IMAGE)
        assert read_all(data) == ([(3, b"a.png", PICTURE)], None)

    def test_a_text_that_is_attached_or_no_text_is_a_member(self) -> None:
        attached = b"Content-Disposition: attachment\n\nlist"
        named = b"Content-Type: text/csv; name=x.csv\n\na,b"
        lying = b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + TEXT
        found, problem = read_all(TOP + mixed(attached, named, lying))
        assert problem is None
        assert found == [(1, b"part-1", b"list"), (2, b"x.csv", b"a,b"), (3, b"part-3", PICTURE)]

    def test_a_mail_that_is_one_picture(self) -> None:
        assert read_all(TOP + IMAGE)[0] == [(1, b"a.png", PICTURE)]

    def test_a_mail_that_is_one_text_has_no_members(self) -> None:
        assert read_all(TOP + b"\nhello\n--b\nworld") == ([], None)

    def test_multiparts_in_multiparts(self) -> None:
        inner = mixed(IMAGE, IMAGE, boundary=b"inner", kind=b"related")
        assert contents(TOP + mixed(b"\nhello", inner, IMAGE)) == [PICTURE] * 3

    def test_a_forwarded_mail_is_a_member_of_its_own(self) -> None:
        inner = TOP + mixed(IMAGE, boundary=b"inner")
        data = TOP + mixed(b"Content-Type: message/rfc822\n\n" + inner)
        ((_, _, forwarded),) = read_all(data)[0]
        assert isinstance(forwarded, bytes)
        assert forwarded.rstrip() == inner.rstrip()
        assert contents(forwarded) == [PICTURE]

    def test_a_digest_holds_mails(self) -> None:
        data = TOP + mixed(b"\n" + TOP + IMAGE, kind=b"digest")
        ((_, _, inner),) = read_all(data)[0]
        assert sniff(inner if isinstance(inner, bytes) else b"") == "message/rfc822"

    def test_lines_may_end_as_in_the_net(self) -> None:
        data = (TOP + mixed(b"\nhello", IMAGE)).replace(b"\n", b"\r\n")
        assert contents(data) == [PICTURE]

    def test_what_stands_before_and_behind_the_parts_is_no_part(self) -> None:
        data = (TOP + mixed(IMAGE, end=b"epilogue\n")).replace(
            b"\n\n--b", b"\n\npreamble\n\n--b", 1
        )
        assert contents(data) == [PICTURE]


class TestNames:
    @pytest.mark.parametrize(
        ("field", "name"),
        [
            (b'filename="a b;c.png"', b"a b;c.png"),
            (b'filename="a\\"b.png"', b'a"b.png'),
            (b"filename=../../etc/passwd", b"../../etc/passwd"),
            (b"filename*=UTF-8''caf%C3%A9.png", "café.png".encode()),
            (b"filename*0*=UTF-8''%C3%A9; filename*1=x; filename*2*=%41", "éxA".encode()),
            (b'filename="=?utf-8?B?w6kucG5n?="', "é.png".encode()),
            (b'filename="=?UTF-8?Q?=C3=A9_b?="', "é b".encode()),
            (b'filename="=?iso-8859-1?Q?=E9?="', b"=?iso-8859-1?Q?=E9?="),
            (b'filename="=?utf-8?B?w6!?="', b"=?utf-8?B?w6!?="),
            (b'filename="\xe9\xff.png"', b"\xe9\xff.png"),
            (b"filename=", b"part-1"),
            (b"filename*1000=x", b"part-1"),
        ],
    )
    def test_a_name_keeps_its_bytes(self, field: bytes, name: bytes) -> None:
        part = b"Content-Disposition: attachment;\n " + field + b"\n\nx"
        found = names(TOP + mixed(part))
        if found != [name]:
            pytest.fail(f"{found} instead of {name!r}")


class TestCodings:
    def test_quoted_printable(self) -> None:
        import quopri  # noqa: PLC0415 - the reference of one test

        # A return at the very end would belong to the line between the parts.
        written = quopri.encodestring(noise_of(300_000) + b".", quotetabs=True)
        part = b"Content-Type: a/b\nContent-Transfer-Encoding: quoted-printable\n\n"
        assert contents(TOP + mixed(part + written)) == [quopri.decodestring(written)]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (b"QUJD", b"ABC"),
            (b"QU\nJD\n\n", b"ABC"),
            (b"Q!U J#D", b"ABC"),
            (b"QQ==QUJD", b"AABC"),
            (b"QQ=", b"A"),
            (b"QUJDQ", b"ABC"),
            (b"====", b""),
            (b"", b""),
        ],
    )
    def test_base64_as_readers_of_mail_take_it(self, text: bytes, expected: bytes) -> None:
        part = b"Content-Type: a/b\nContent-Transfer-Encoding: BASE64\n\n" + text
        assert contents(TOP + mixed(part)) == [expected]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (b"=FF=  \r\n=D8=\t\n=E0", b"\xff\xd8\xe0"),
            (b"a  \r\nb\t \nc  d", b"a\r\nb\nc  d"),
            (b"=ff=20\nx", b"\xff \nx"),
            (b" " * 200_000 + b"x", b" " * 200_000 + b"x"),
        ],
    )
    def test_blanks_at_the_end_of_a_quoted_line_were_added_on_the_way(
        self, text: bytes, expected: bytes
    ) -> None:
        part = b"Content-Type: a/b\nContent-Transfer-Encoding: quoted-printable\n\n" + text
        assert contents(TOP + mixed(part)) == [expected]

    @pytest.mark.parametrize(
        "field", [b"base64;", b"base64 (so)", b'"base64"', b"Base64; x=y", b"\n base64"]
    )
    def test_the_name_of_a_coding_with_something_around_it(self, field: bytes) -> None:
        part = b"Content-Type: a/b\nContent-Transfer-Encoding: " + field + b"\n\nQUJD"
        assert contents(TOP + mixed(part)) == [b"ABC"]

    def test_base64_in_one_line(self) -> None:
        data = noise_of(400_000)
        part = b"Content-Type: a/b\nContent-Transfer-Encoding: base64\n\n"
        assert contents(TOP + mixed(part + base64.b64encode(data))) == [data]

    def test_unknown_codings_are_left_as_they_are(self) -> None:
        part = b"Content-Type: a/b\nContent-Transfer-Encoding: x-none\n\n\x00abc"
        assert contents(TOP + mixed(part)) == [b"\x00abc"]


class TestMailboxes:
    def test_every_mail_is_a_member(self) -> None:
        files = [(f"{number}.bin", noise_of(50_000, seed=number)) for number in range(5)]
        data = mailbox(files)
        found, problem = read_all(data)
        assert ([name for _, name, _ in found], problem) == (
            [b"mail-%d" % at for at in range(1, 6)],
            None,
        )
        inner = [contents(mail) for _, _, mail in found if isinstance(mail, bytes)]
        assert inner == [[each] for _, each in files]
        assert read_all(data, first=4) == (found[3:], None)

    def test_a_line_of_a_text_is_no_new_mail(self) -> None:
        data = b"From a Sun Nov 22 13:00:00 2026\n" + TOP + b"\nhello\nFrom here on all is well.\n"
        assert len(read_all(data)[0]) == 1

    def test_lines_between_mails_are_found_wherever_they_stand(self) -> None:
        line = b"From x Sun Nov 22 13:00:00 2026\n"
        for length in range(65_000, 65_600, 37):
            data = line + TOP + b"\n" + b"y" * length + b"\n" + line + TOP + b"\nlast\n"
            assert [content for _, _, content in read_all(data)[0]] == [
                TOP + b"\n" + b"y" * length + b"\n",
                TOP + b"\nlast\n",
            ]


class TestHostile:
    def test_too_many_levels_are_told(self) -> None:
        data = IMAGE
        for depth in range(80):
            data = mixed(data, boundary=b"%d" % depth)
        found, problem = read_all(TOP + data)
        assert problem == "nested-too-deep"
        assert len(found) == 1

    def test_a_part_without_an_empty_line_hides_nothing(self) -> None:
        data = TOP + mixed(
            b"Content-Type: text/plain", IMAGE, b"Content-Type: text/html\n--b", IMAGE
        )
        assert contents(data) == [PICTURE, PICTURE]
        assert contents(TOP + mixed(IMAGE.replace(b"\n\n", b"\n", 1))) == [PICTURE]

    def test_texts_are_counted_too(self) -> None:
        data = TOP + mixed(*[b"\nhello"] * 50, IMAGE)
        assert read_all(data, limits=ArchiveLimits(max_members=10)) == ([], "too-many-members")

    def test_a_boundary_that_begins_like_another(self) -> None:
        inner = mixed(IMAGE, boundary=b"bb")
        assert contents(TOP + mixed(inner, IMAGE)) == [PICTURE, PICTURE]

    def test_a_level_without_its_end_ends_with_the_one_around_it(self) -> None:
        inner = mixed(IMAGE, boundary=b"inner").replace(b"--inner--\n", b"")
        assert contents(TOP + mixed(inner, IMAGE)) == [PICTURE, PICTURE]

    @pytest.mark.parametrize("cut", [700, 1500, 2500])
    def test_a_torn_mail_gives_what_is_there_and_says_so(self, cut: int) -> None:
        data = TOP + mixed(b"\nhello", IMAGE)
        found, problem = read_all(data[:cut])
        assert [content for _, _, content in found] == ["truncated"]
        assert problem == "truncated"

    def test_a_header_without_end_is_bounded(self) -> None:
        data = TOP + b"X: y\n" * 100_000 + b"\n" + IMAGE
        assert read_all(data) == ([], "corrupt")

    def test_many_empty_parts_are_quick(self) -> None:
        data = TOP + mixed(*[b"Content-Type: a/b\n\n"] * 3000)
        found, problem = read_all(data)
        assert (len(found), problem) == (3000, None)

    def test_lines_that_look_like_boundaries(self) -> None:
        noise = b"\n--" * 50_000 + b"\n--bx\n--b-\n -- b--\n"
        part = b"Content-Type: a/b\n\n\x00" + noise
        assert contents(TOP + mixed(part)) == [b"\x00" + noise]

    @settings(max_examples=40, deadline=None)
    @given(where=st.floats(0, 1), cut=st.integers(0, 40), inserted=st.binary(max_size=20))
    def test_damage_anywhere_is_an_outcome(self, where: float, cut: int, inserted: bytes) -> None:
        data = TOP + mixed(b"\nhello", mixed(IMAGE[:300], boundary=b"c"), IMAGE[:300])
        at = int(where * len(data))
        damaged = data[:at] + inserted + data[at + cut :]
        if sniff(damaged) == "message/rfc822":
            read_all(damaged)


class TestWhatIsAMail:
    @pytest.mark.parametrize(
        "head",
        [
            TOP + b"\n",
            message([]),
            b"Return-Path: <a@example.org>\r\nReceived: from x\r\n\tby y; date\r\nSubject: s\r\n\r\n",
            b"Delivered-To: a@b\nReceived: by x\n with y\nX-Any: z\nDate: now\n"
            b"X-Long: " + b"z" * 5000,
        ],
    )
    def test_a_mail_is_told(self, head: bytes) -> None:
        assert sniff(head[:4096]) == "message/rfc822"

    @pytest.mark.parametrize(
        "head",
        [
            b"",
            b"From: Alice\nTo: Bob\nSubject: lunch\n\nAt noon.",
            b"Subject: what I think\nDate: today\nTo: all\n\nNothing.",
            b"HTTP/1.1 200 OK\nDate: x\nContent-Type: text/html\n\n",
            b"Date: x\nContent-Type: text/html\nServer: y\n\n",
            b"# From: a\nMessage-ID: b\nSubject: c\nMIME-Version: 1\n",
            b"Metadata-Version: 2.1\nName: x\nVersion: 1\nSummary: y\n\n",
            b"name: x\nfrom: y\nto: z\nmessage-id: w\nthis line is prose\n\n",
            b"Received: a Message-ID: b From: c\n",
            b" folded\nReceived: a\nMessage-ID: b\nFrom: c\n\n",
            b"\nReceived: a\nMessage-ID: b\nFrom: c\n\n",
        ],
    )
    def test_other_texts_are_none(self, head: bytes) -> None:
        assert sniff(head) is None


class TestWhereAMailBegins:
    WAY = b"Received: from a.example.org\n\tby b.example.org; Sun, 22 Nov 2026 10:00:00 +0000\n"

    def test_a_mail_whose_author_stands_behind_a_long_way(self) -> None:
        assert contents(60 * self.WAY + TOP + IMAGE) == [PICTURE]

    def test_a_mail_with_one_field_that_is_longer_than_what_tells_its_type(self) -> None:
        assert contents(self.WAY + b"X-Judged: " + 6000 * b"a" + b"\n" + TOP + IMAGE) == [PICTURE]

    def test_a_mailbox_with_such_a_mail(self) -> None:
        line = b"From - Sun Nov 22 13:00:00 2026\n"
        data = line + 60 * self.WAY + TOP + IMAGE
        assert sniff(data[:4096]) == "application/mbox"

    def test_signatures_of_servers_are_traces(self) -> None:
        data = b"DKIM-Signature: v=1\nARC-Seal: i=1\nAuthentication-Results: none\n\nhello\n"
        assert sniff(data) == "message/rfc822"

    @pytest.mark.parametrize(
        "data",
        [
            b"Received: 3 boxes\nOpened: 2 boxes\n\nThat was all.\n",
            400 * b"Subject: exercise\n",
            200 * b"Sent: 11 packets\nReceived: 12 packets\n",
            20 * WAY + b"and then no field\n" + 100 * b"prose\n",
            b"12\nand prose\n",
        ],
    )
    def test_what_only_resembles_one_is_none(self, data: bytes) -> None:
        assert sniff(data[:4096]) is None

    def test_apple_mail_writes_the_length_before_a_mail_and_a_list_behind_it(self) -> None:
        mail = TOP + mixed(b"\nhello", IMAGE)
        data = b"%-10d\n" % len(mail) + mail + b'<?xml version="1.0"?><plist/>\n'
        assert read_all(data) == ([(2, b"a.png", PICTURE)], None)

    def test_the_list_behind_it_is_no_part_of_the_last_member(self) -> None:
        mail = TOP + b"Content-Type: text/csv; name=x.csv\n\na,b"
        assert contents(b"%d\n" % len(mail) + mail + b"<plist/>") == [b"a,b"]

    @pytest.mark.parametrize("length", [1, 100, 4000])
    def test_a_length_that_is_none_hides_nothing(self, length: int) -> None:
        assert read_all(b"%d\n" % length + TOP + IMAGE) == ([(1, b"a.png", PICTURE)], None)

    def test_a_mail_of_apple_that_was_cut_says_so(self) -> None:
        mail = TOP + IMAGE
        found, problem = read_all(b"%d\n" % (len(mail) + 1) + mail)
        assert (found[0][2], problem) == (PICTURE, "truncated")
