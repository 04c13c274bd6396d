// SPDX-License-Identifier: MIT
// Includes that every cmocka program needs first.
#ifndef AMBIT_TESTING_H
#define AMBIT_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

/* The larger of two; NaN where either is, which fmax would drop. */
static inline double larger(double a, double b)
{
    return isnan(a) || a >= b ? a : b;
}

/* One case of a suite: `./tests/run.sh SUITE CASE` names it in the environment. */
__attribute__((constructor)) static void choose_case(void)
{
    cmocka_set_test_filter(getenv("AMBIT_TEST_CASE")); // NULL: all
}

#endif
