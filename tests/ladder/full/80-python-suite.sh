#!/bin/bash
# Python's own tests of what leans on the kernel (libpython3.11-testsuite):
# what each test came to, in order of name.
for module in test_threading test_subprocess test_signal test_os test_pty \
	test_resource test_time test_thread; do
	echo "--- $module"
	timeout 1200 python3 -m test --junit-xml "$module.xml" "$module" \
		>"$module.log" 2>&1
	python3 "$LADDER/junit_names.py" "$module.xml" || tail -n 20 "$module.log"
done
