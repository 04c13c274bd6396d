# SPDX-License-Identifier: MIT
"""Writes the manual page or the bash completion of ambit to standard output, from `ambit help --json`.
Usage: documents.py AMBIT man|completion"""
import json
import subprocess
import sys

PROGRAM = json.loads(subprocess.run([sys.argv[1], "help", "--json"], check=True, capture_output=True).stdout)


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text[:1] in (".", "'") else text


def man_terms(terms):
    for term in terms:
        yield f".TP\n.B {escape(' '.join(filter(None, (term['name'], term.get('value')))))}\n{escape(term['help'])}"


def man():
    yield f'.TH AMBIT 1 "" "ambit {PROGRAM["version"].split(" (")[0]}"'
    yield f".nh\n.ad l\n.SH NAME\nambit \\- {escape(PROGRAM['about'])}\n.SH SYNOPSIS\n.nf"
    for command in PROGRAM["commands"]:
        yield f".B ambit {command['name']}\n{escape('    ' + command['usage'])}"
    yield ".fi\n.SH COMMANDS"
    for command in PROGRAM["commands"]:
        yield f".SS {command['name']}: {escape(command['summary'])}"
        yield "\n.PP\n".join(map(escape, command["about"].split("\n\n")))
        for table in command["tables"]:
            if "title" in table:
                yield f".PP\n{escape(table['title'])}"
            yield from man_terms(table["terms"])
        yield from man_terms(command["options"])
        yield ".PP\nExamples:\n.PP\n.EX"
        yield from map(escape, command["examples"].splitlines())
        yield ".EE"
    yield (".SH EXIT STATUS\n0 done, 1 failed, 2 bad usage or bad input, 75 stopped by a signal with work left.\n.SH SEE ALSO\n"
           "The README and experiments/README.md of the source.")


def completion():
    yield "# SPDX-License-Identifier: MIT\n# bash completion for ambit\n_ambit() {"
    yield "    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words= first="
    yield '    case $command in'
    for command in PROGRAM["commands"]:
        options = " ".join(option["name"] for option in command["options"] if "." not in option["name"])
        yield f"    {command['name']}) words='{options}' first='{' '.join(command['words'])}' ;;"
    names = " ".join(command["name"] for command in PROGRAM["commands"])
    yield "    esac"
    yield "    if [ \"$COMP_CWORD\" -eq 1 ]; then"
    yield f"        words='{names} help --help --version'"
    yield "    elif [ \"$command\" = help ]; then"
    yield f"        words='{names}'"
    yield "    elif [[ $word == -* ]]; then"
    yield "        :"
    yield "    elif [ \"$COMP_CWORD\" -eq 2 ]; then"
    yield "        words=$first"
    yield "    elif [ -n \"$first\" ]; then"
    yield ("        words=$(\"${COMP_WORDS[0]}\" \"$command\" \"${COMP_WORDS[2]}\" 2>/dev/null |"
           " sed -n 's/^  \\([^ ]*\\).*/\\1/p')")
    yield "    else\n        words=\n    fi"
    yield "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n}"
    yield "complete -o default -F _ambit ambit"


sys.stdout.reconfigure(encoding="utf-8")
print("\n".join({"man": man, "completion": completion}[sys.argv[2]]()))
