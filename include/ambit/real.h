// SPDX-License-Identifier: MIT
// The arithmetic of the model. float, except in the second build of model and reference kernels
// that the gradient checks link (AMBIT_DOUBLE).
#ifndef AMBIT_REAL_H
#define AMBIT_REAL_H

#ifdef AMBIT_DOUBLE
typedef double AmbitReal;
#else
typedef float AmbitReal;
#endif

#endif
