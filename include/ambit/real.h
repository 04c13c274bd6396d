// SPDX-License-Identifier: MIT
// The type of the model's numbers: float, but double in the second build of the model and the
// reference kernels, which the gradient checks link (AMBIT_DOUBLE).
#ifndef AMBIT_REAL_H
#define AMBIT_REAL_H

#ifdef AMBIT_DOUBLE
typedef double AmbitReal;
#else
typedef float AmbitReal;
#endif

#endif
