import subprocess
import sys

SLOW = ("numba", "resiliparse")


def test_naming_the_stages_loads_no_compiler_and_no_parser():
    program = f"import sys, dclm_pipeline.stages; print([name for name in {SLOW} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "[]"
