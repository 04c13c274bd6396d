// SPDX-License-Identifier: MIT
// Linux keeps the tiles of a process only after it has asked, once for all its threads.
#include "bfloat16.h"

#include <sys/syscall.h>
#include <unistd.h>

enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 }; // asm/prctl.h: ARCH_REQ_XCOMP_PERM

bool ambit_amx_permitted(void)
{
    return __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") &&
           syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}
