import os
import subprocess
import sys

SETTLED = """
import gc
import pyarrow as pa
from dclm_pipeline.engine.child.process import COLLECT_AFTER, settle

settle()
print(pa.default_memory_pool().backend_name, gc.get_threshold()[0] == COLLECT_AFTER, gc.get_freeze_count() > 0)
"""


def test_a_process_of_ours_keeps_memory_and_looks_through_little():
    done = subprocess.run([sys.executable, "-c", SETTLED], env=os.environ, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["system", "True", "True"]
