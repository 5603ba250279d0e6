#!/bin/sh
# python3: the interpreter, the modules that lean on the kernel.
python3 --version; python3 -c 'print("hello", 6 * 7)'; echo 'print("stdin")' | python3; python3 -c 'import sys; sys.exit(3)'; echo "status $?"
python3 -c 'raise ValueError("x")'; echo "status $?"
python3 "$LADDER/python_os.py"; echo "status $?"
python3 "$LADDER/python_process.py"; echo "status $?"
python3 -m venv --without-pip env && env/bin/python -c 'import sys; print(sys.prefix != sys.base_prefix)'
mkdir package; echo 'print("imported", __name__)' >package/__init__.py; echo 'print("module", __file__)' >package/__main__.py; python3 -m package; ls package/__pycache__
echo '{"b": [1, 2], "a": null}' | python3 -m json.tool --sort-keys; python3 -m compileall -q package; python3 -m timeit -n 1 -r 1 pass | wc -l
python3 -m zipfile -c z.zip package/__init__.py && python3 -m zipfile -l z.zip | wc -l; printf '#!/usr/bin/python3\nimport sys\nprint(sys.argv[1:])\n' >s; chmod +x s; ./s a 'b c'
python3 -X importtime -c pass 2>&1 | grep -c site; python3 -I -S -c 'import sys; print(len(sys.path) > 0)'; python3 -c 'print(len(input()))' <<IN
some input
IN
python3 -c 'while True: print("y")' | head -n 2; timeout -s INT 5 python3 -c 'import time; time.sleep(10)' 2>&1 | tail -n 1
