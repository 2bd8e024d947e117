"""Lower the priority of the calling thread only, so that background work does not delay the rest."""

from __future__ import annotations

import ctypes
import logging
import os
import sys
import threading

log = logging.getLogger(__name__)

_NICE, _LOWEST = 10, 19
_BELOW_NORMAL = -1  # THREAD_PRIORITY_BELOW_NORMAL, processthreadsapi.h
_QOS_CLASS_UTILITY = 0x11  # sys/qos.h


def lower_priority() -> bool:
    """Lower the priority of the calling thread; return False if the system refuses. Never raises."""
    try:
        if sys.platform == "win32":
            kernel = ctypes.windll.kernel32
            return bool(kernel.SetThreadPriority(kernel.GetCurrentThread(), _BELOW_NORMAL))
        if sys.platform == "darwin":
            return ctypes.CDLL(None).pthread_set_qos_class_self_np(_QOS_CLASS_UTILITY, 0) == 0
        thread = threading.get_native_id()  # on Linux each thread has its own priority
        os.setpriority(os.PRIO_PROCESS, thread, min(os.getpriority(os.PRIO_PROCESS, 0) + _NICE, _LOWEST))
    except (OSError, AttributeError) as error:
        log.info("the thread keeps its priority: %s", error)
        return False
    return True
