"""What a whole process costs: shared by the scripts of this folder."""
import os
import subprocess
import tempfile
import time


def child(command, environment=None):
    """Wall seconds, CPU seconds (user and system) and peak memory in MB (1,048,576 bytes) of a process.

    The peak is VmHWM, read while it runs: the kernel's ru_maxrss counts what this program held before the exec.
    A process that ends with another status than 0 raises RuntimeError with its last words.
    """
    with tempfile.TemporaryFile() as errors:
        begin, peak = time.time(), 0
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=errors)
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            try:
                with open(f"/proc/{process.pid}/status") as file:
                    peak = max([peak] + [int(line.split()[1]) for line in file if line.startswith("VmHWM")])
            except OSError:
                pass
            time.sleep(0.01)
        end = time.time()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise RuntimeError(f"{command}: status {process.returncode}: {errors.read().decode(errors='replace')[-400:]}")
    return end - begin, usage.ru_utime + usage.ru_stime, peak / 1024
