// SPDX-License-Identifier: MIT
// Linux lets a process use AMX tiles only after a request, which holds for all its threads.
#include "bfloat16.h"

#ifdef __linux__
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 }; // asm/prctl.h: ARCH_REQ_XCOMP_PERM

/* CPUID leaf 7: AMX-BF16 and AMX-TILE (Intel SDM vol. 2, CPUID; clang 14 has no names for them). */
static bool has_tiles(void)
{
    unsigned a, b, c, d, both = 1u << 22 | 1u << 24;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & both) == both;
}

bool ambit_amx_permitted(void)
{
    return has_tiles() && syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}
#else
bool ambit_amx_permitted(void)
{
    return false;
}
#endif
