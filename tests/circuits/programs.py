# one program a line
"""OpenQASM programs for the property tests, and small damage to them."""

TWO = [
    'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\nh q[0];\ncx q[0],q[1];\nmeasure q -> c;\n',
    (
        'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\nu3(pi/2, 0.3, -pi) q[0];\nu2(0.1,sin(0.2)) '
        "q[1];\nu1(ln(2)) q[2];\nrz(sqrt(2)^2/3) q;\nccx q[0],q[1],q[2];\n"
    ),
    "OPENQASM 2.0;\ngate h a { U(0,0,pi) a; } qreg q[1]; U(pi/2,0,pi) q[0]; h q[0];\n",
    (
        "OPENQASM 2.0;\ngate u2(a,b) q { U(a,b,0) q; }\ngate u3(a,b,c) q { U(c,b,a) q; }\nqreg "
        "q[1];\nu2(0.3,0.4) q[0];\nu3(0.1,0.2,0.3) q[0];\n"
    ),
    (
        "OPENQASM 2.0;\ngate unitary a { U(0.1,0.2,0.3) a; }\ngate delay(t) a { U(t,0,0) a; }\nqreg "
        "q[1];\nunitary q[0];\ndelay(0.5) q[0];\n"
    ),
    "OPENQASM 2.0;\nopaque mine(a) x,y;\nqreg q[2];\nmine(0.1) q[0],q[1];\n",
    'include "qelib1.inc";\nqreg a[1];\nqreg b[2];\ncrz(0.3) a[0],b[0];\nbarrier a,b;\nreset b;\n',
    'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\ncreg c[1];\nmeasure q[0]->c[0];\nif(c==1) x q[0];\n',
    (
        "OPENQASM 2.0;\ngate a x { U(0,0,1) x; }\ngate b x { a x; a x; }\ngate c(t) x,y { b x; CX x,y; "
        "U(t,-t,2*t) y; }\nqreg q[2];\nc(0.7) q[0],q[1];\n"
    ),
    'OPENQASM 2.0; // comment ; { "\nqreg q[2]; CX q[0],q[1]; U(1/0,0,0) q[0];',
    "OPENQASM 2.0;\nqreg q[99999999];\nqreg r[99999999999999999999];\n",
]
THREE = [
    (
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] '
        "c;\nh q[0];\ncx q[0], q[1];\nc = measure q;\n"
    ),
    (
        'OPENQASM 3;\ninclude "stdgates.inc";\ninput float a;\ninput angle[32] b;\nqubit[2] q;\nrx(2*a) '
        "q[0];\nry(b/2) q[1];\ncrz(-a) q[0], q[1];\n"
    ),
    (
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nctrl @ x q[0], q[1];\ninv @ s q[0];\npow(2) '
        "@ t q[1];\nnegctrl(2) @ x q[0], q[1], q[2];\nctrl @ gphase(0.4) q[2];\ngphase(π/3);\n"
    ),
    (
        "OPENQASM 3.0;\ngate mine(a) x { U(a, pi/2, -τ) x; gphase(a/2); }\nqubit q;\nmine(euler) q;\nctrl "
        "@ mine(0.3) q, $0;\n"
    ),
    (
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\nlet p = q[1:3];\nh '
        "p;\nx q[{0, 2}];\nbarrier q;\nreset q[0];\n"
    ),
    (
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit q;\nbit c;\nc = measure q;\nif (c) { x q; }\nfor '
        "int i in [0:3] { h q; }\nwhile (c) { x q; }\n"
    ),
    "qubit q;\nU(0.1, 0.2, 0.3) q;\n",
    "qreg q[2];\nU(1/2, 0, 3/2) q[0];\nCX q[0], q[1];\n",
    "OPENQASM 3.0;\ndef f(qubit q) -> bit { return measure q; }\narray[int[32], 3] a;\nqubit ä;\nf(ä);\n",
    (
        'include "stdgates.inc";\nqubit q;\nbox { h q; }\ndelay[100ns] q;\nrx(arccos(0.3)**2) q;\nconst '
        "float c = 2.0;\nrz(c) q;\n"
    ),
    (
        "OPENQASM 3.0;\ninput float a;\ninput float b;\nqubit q;\nU(a*b, a - a, 0*b) q;\nU(1/a, 0, 0) "
        "q;\nU(a + b, 0, 0) q;\n"
    ),
    (
        "OPENQASM 3.0;\nqubit[1000*1000*1000] q;\nctrl(4000000000) @ "
        "U(0,0,0) q[0], q[1];\nU(0,0,0) $777777777;\n"
    ),
    "",
    "/* nothing */ // at all",
]


def damaged(rng, text):
    """One or two characters or lines deleted, doubled, swapped or replaced."""
    for _ in range(rng.integers(1, 3)):
        if not text:
            return text
        if rng.random() < 0.3:
            lines = text.split("\n")
            i, j = rng.integers(len(lines), size=2)
            kind = rng.integers(3)
            if kind == 0:
                del lines[i]
            elif kind == 1:
                lines.insert(i, lines[j])
            else:
                lines[i], lines[j] = lines[j], lines[i]
            text = "\n".join(lines)
            continue
        i, j = sorted(rng.integers(len(text), size=2))
        new = str(rng.choice(list('0123456789;,.(){}[]"@$ \n\t\\/*-+^ §äπ\x00qcxub')))
        text = [
            text[:i] + text[i + 1 :],
            text[:i] + text[i] + text[i:],
            text[:i] + text[j] + text[i + 1 :],
            text[:i] + new + text[i:],
        ][rng.integers(4)]
    return text
