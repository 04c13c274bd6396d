# SPDX-License-Identifier: MIT
"""Writes the manual page or the bash completion of ambit to standard output, from the program's own help.
Usage: documents.py AMBIT man|completion"""
import re
import subprocess
import sys


def ask(*arguments):
    return subprocess.run([sys.argv[1], *arguments], check=True, capture_output=True,
                          encoding="utf-8").stdout


def read_commands():
    """(name, usage, summary, lines of help) of every command."""
    for name, usage, summary in re.findall(r"(?m)^  ambit (\S+) +(.*)\n +(.*)$", ask("--help")):
        yield name, usage, summary, ask(name, "--help").splitlines()[2:]


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text[:1] in (".", "'") else text


def man_body(lines):
    """Help as roff: a term is two blanks, the term, two blanks or more, its text; deeper lines go on."""
    example, before = False, ""
    for line in lines:
        term = re.match(r"  (\S(?:.*?\S)?)  +(\S.*)", line)
        if line == "Examples":
            example = True
            yield ".PP\nExamples:\n.PP\n.EX"
        elif example:
            yield escape(line)
        elif not line:
            yield ".PP"
        elif term:
            yield f".TP\n.B {escape(term[1])}\n{escape(term[2])}"
        elif re.match(r"  \S", line):
            yield f".TP\n.B {escape(line.strip())}"
        elif line.startswith(" "):
            yield escape(line.strip())
        else:
            yield f"{'.PP' if before.startswith(' ') else '.'}\n{escape(line)}"
        before = line
    if example:
        yield ".EE"


def man():
    commands = list(read_commands())
    title, about = ask("--help").splitlines()[0].split(": ", 1)
    yield f'.TH AMBIT 1 "" "{ask("--version").split(" (")[0]}"'
    yield f".nh\n.ad l\n.SH NAME\n{title} \\- {escape(about)}\n.SH SYNOPSIS\n.nf"
    for name, usage, _, _ in commands:
        yield f".B ambit {name}\n{escape('    ' + usage)}"
    yield ".fi\n.SH COMMANDS"
    for name, _, summary, lines in commands:
        yield f".SS {name}: {escape(summary)}"
        yield from man_body(lines)
    yield (".SH EXIT STATUS\n0 done, 1 failed or stopped, 2 bad usage or bad input.\n.SH SEE ALSO\n"
           "The README and experiments/README.md of the source.")


def completion():
    commands = list(read_commands())
    yield "# SPDX-License-Identifier: MIT\n# bash completion for ambit\n_ambit() {"
    yield "    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words="
    yield '    case $command in'
    for name, usage, _, lines in commands:
        options = [option for line in lines
                   for option in re.findall(r"^  (--?[a-z]+(?:-[a-z]+)*)(?= |$)", line)]
        yield f"    {name}) words='{' '.join(options)}' ;;"
    kinds = next(usage for name, usage, _, _ in commands if name == "list").strip("[]").split(" ")[0]
    yield "    esac"
    yield "    if [ \"$COMP_CWORD\" -eq 1 ]; then"
    names = " ".join(name for name, *_ in commands)
    yield f"        words='{names} help --help --version'"
    yield "    elif [ \"$command\" = help ]; then"
    yield f"        words='{names}'"
    yield "    elif [ \"$command\" = list ] && [ \"$COMP_CWORD\" -eq 2 ]; then"
    yield f"        words='{kinds.replace('|', ' ')}'"
    yield "    elif [ \"$command\" = list ]; then"
    yield ("        words=$(\"${COMP_WORDS[0]}\" list \"${COMP_WORDS[2]}\" 2>/dev/null |"
           " sed -n 's/^  \\([^ ]*\\).*/\\1/p')")
    yield "    elif [[ $word != -* ]]; then\n        words=\n    fi"
    yield "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n}"
    yield "complete -o default -F _ambit ambit"


sys.stdout.reconfigure(encoding="utf-8")
print("\n".join({"man": man, "completion": completion}[sys.argv[2]]()))
