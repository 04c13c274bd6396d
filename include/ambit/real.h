// SPDX-License-Identifier: MIT
// The type of the model's numbers: float. With AMBIT_DOUBLE it is double: the model and the
// reference kernels are compiled a second time so, for the gradient checks.
#ifndef AMBIT_REAL_H
#define AMBIT_REAL_H

#ifdef AMBIT_DOUBLE
typedef double AmbitReal;
#else
typedef float AmbitReal;
#endif

#endif
