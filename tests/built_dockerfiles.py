"""Dockerfiles that real BuildKit built, each on a file of busybox alone: none of them may be refused."""

from __future__ import annotations

INSTALL = 'COPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "/bin"]\n'
BUSYBOX = "FROM scratch\n" + INSTALL
# What lies beside each of them.
CONTEXT = ("a.txt", "b.txt", "b c.txt", "x.md1", "d/keep.log", "d/other.log", "x1/f")
ARCHIVE = "made.tar.gz"

# Each of them was built by BuildKit 0.12 (in Docker 26) and by 0.26, and is by the engine that answers.
BUILT = {
    "heredoc": BUSYBOX + 'RUN <<EOF\necho one\necho FROM nowhere\nEOF\nCMD ["sh"]\n',
    "mounts": BUSYBOX
    + "RUN --mount=type=cache,target=/root/.cache --mount=type=tmpfs,target=/tmp --mount=type=bind,source=a.txt,target=/a cat /a\nRUN --mount=type=secret,id=x --mount=type=ssh true\nWORKDIR /w\nRUN --mount=target=. cat a.txt\n",
    "archive": BUSYBOX + "ADD made.tar.gz /unpacked/\n",
    "heredoc with a tab": BUSYBOX + "RUN <<-EOF\n\techo one\n\tEOF\n",
    "heredoc quoted": BUSYBOX + "RUN <<'E O'\necho $HOME\nE O\n",
    "two heredocs": BUSYBOX + "RUN cat <<A && cat <<B\none\nA\ntwo\nB\n",
    "copy of heredocs": BUSYBOX + "COPY <<one <<two /etc/\n1\none\n2\ntwo\n",
    "heredoc of COPY with an end of file": BUSYBOX + "COPY <<EOF /robots.txt\nUser-agent: *\nEOF",
    "heredoc with a shebang": BUSYBOX + "RUN <<EOF\n#!/bin/sh\necho hi\nEOF\n",
    "here-string": BUSYBOX + 'SHELL ["/bin/sh", "-c"]\nRUN echo "cat <<< x"\n',
    "double quoted lt": BUSYBOX + "RUN echo \"<<EOF\"\nRUN echo '<<EOF'\n",
    "tabs": 'FROM\tscratch\tAS\tbase\nCOPY\tbusybox\t/bin/busybox\n\tRUN\t["/bin/busybox",\t"true"]\n',
    "bom": "\ufeffFROM scratch\n" + INSTALL,
    "crlf": 'FROM scratch\r\nCOPY busybox /bin/busybox\r\nRUN ["/bin/busybox", "--install", "/bin"]\r\nRUN echo one && \\\r\n  echo two\r\n',
    "arg before from": "ARG BASE=scratch\nARG OTHER\nFROM ${BASE} AS one\n"
    + INSTALL
    + "FROM one\nRUN echo\n",
    "arg default expression": "ARG V\nFROM ${V:-scratch}\n" + INSTALL,
    "arg several": BUSYBOX + "ARG A=1 B=2 C\nRUN echo $A$B$C\n",
    "env forms": BUSYBOX
    + 'ENV A b c d\nENV A=b C="d e" F=g\\ h \\\n    I=\'j\'\nLABEL a b c\nLABEL a=b "c d"=e\n',
    "comment in continuation": BUSYBOX
    + "RUN echo one && \\\n# a comment\n   # another, indented\n    echo two\n",
    "blank line in continuation": BUSYBOX + "RUN echo one && \\\n\n\n    echo two\n",
    "trailing spaces after backslash": BUSYBOX + "RUN echo one && \\  \n    echo two\n",
    "continuation at the end": BUSYBOX + "RUN echo one \\\n",
    "unused stage": "FROM nowhere.invalid/x AS never\nRUN x\nFROM scratch\n" + INSTALL,
    "copy link chmod chown": BUSYBOX
    + "COPY --link --chmod=755 --chown=1000:1000 a.txt b.txt /etc/\nADD --link --chmod=0644 a.txt /\n",
    "copy json": BUSYBOX + 'COPY ["a.txt", "b c.txt", "/etc/"]\n',
    "copy classes": BUSYBOX + "COPY [ab].txt *.md? /x/\nCOPY a.t?t /x/\n",
    "copy with a variable": BUSYBOX + "ARG F=a\nCOPY ${F}.txt $F.txt /x/\nCOPY ${F:-b}.txt /y/\n",
    "copy . of the context": BUSYBOX + "WORKDIR /app\nCOPY . .\nCOPY ./ ./\nCOPY / /all\n",
    "copy from above the root": BUSYBOX + "COPY ../a.txt /a\nCOPY /../a.txt /b\n",
    "onbuild": BUSYBOX + "ONBUILD COPY a.txt /\nONBUILD RUN echo x\n",
    "escape": "# escape=`\nFROM scratch\n" + INSTALL + "RUN echo one `\n && echo C:\\\n",
    "escape with check": "#escape=`\n#\n# escape=\\\nFROM scratch\n" + INSTALL,
    "mount from a stage": "FROM scratch AS one\n"
    + INSTALL
    + "FROM one\nRUN --mount=from=one,target=/m,rw ls /m\n",
    "lower case": 'from scratch as a\ncopy busybox /bin/busybox\nrun ["/bin/busybox", "true"]\nmaintainer me\n',
    "healthcheck": BUSYBOX
    + "HEALTHCHECK --interval=5s --start-period=1m --retries=3 CMD wget -q localhost || exit 1\nHEALTHCHECK NONE\n",
    "everything else": BUSYBOX
    + 'EXPOSE 80/tcp 443 5000-5010\nUSER 1000:1000\nVOLUME /a /b\nVOLUME ["/c"]\nSTOPSIGNAL SIGINT\nWORKDIR /a b\nSHELL ["/bin/sh", "-ec"]\nENTRYPOINT ["/bin/sh"]\nCMD echo a [b]\n',
    "cmd that is no json": BUSYBOX + "CMD ['sh', '-c', 'x']\nENTRYPOINT [sh]\n",
    "json over two lines": BUSYBOX + 'CMD ["sh", \\\n  "-c", \\\n  "x"]\n',
    "platform": "FROM --platform=linux/amd64 scratch\n" + INSTALL + "ARG TARGETARCH\nRUN echo $TARGETARCH\n",
    "platform of the build": "FROM --platform=$BUILDPLATFORM scratch\n" + INSTALL,
    "ignore with classes and negation": BUSYBOX + "COPY d/keep.log /\nCOPY x1/ /x\n",
    "ignore of everything but": BUSYBOX + "COPY a.txt d/keep.log /\n",
    "ignored dockerfile": BUSYBOX + "COPY a.txt /\n",
    "glob that fits nothing": BUSYBOX + "COPY a.txt nothing*.lock /x/\n",
    "copy of a folder with a slash": BUSYBOX + "COPY d/ /d/\nCOPY d /d2\nCOPY d/../a.txt /\n",
    "copy from a stage by a variable": "FROM scratch AS one\n" + INSTALL + "ARG S=one\nFROM one\nRUN true\n",
    "dot name of a stage": "FROM scratch AS a.b-c_d\n" + INSTALL + "FROM a.b-c_d\nRUN true\n",
    "indented comment first": "   # comment\n\nFROM scratch\n" + INSTALL,
    "form feed words": BUSYBOX + "RUN\\\n echo x\n",
    "CMD empty": BUSYBOX + "CMD []\nENTRYPOINT []\n",
    "quoted from": 'FROM "scratch"\n' + INSTALL,
    "line of spaces in heredoc": BUSYBOX + "RUN <<EOF\n\n   \necho 1\nEOF\n   \n",
    "check directive": "# check=skip=all\nFROM scratch\n" + INSTALL,
}

# BuildKit 0.26 builds them; 0.12, in Docker 26, does not know the flags yet.
NEWER = {
    "network": BUSYBOX + "RUN --network=none echo\nRUN --security=sandbox echo\n",
    "copy parents": BUSYBOX + "COPY --parents d/keep.log /\n",
    "copy exclude": BUSYBOX + "COPY --exclude=*.log d /d\n",
}

IGNORED = {
    "ignore with classes and negation": "*.md\n**/*.log\n!d/keep.log\n[y-z]*\n!busybox\n# note\n/made.tar.gz\n",
    "ignore of everything but": "*\n!busybox\n!a.txt\n!d\nd/*\n!d/keep.log\n",
    "ignored dockerfile": "Dockerfile\n.dockerignore\n",
}
