// SPDX-License-Identifier: MIT
// What writing and reading safetensors share. A file is: the length of the header (64 bits, little
// endian), the header (JSON: name → dtype, shape, data_offsets [begin, end)), the data.
#ifndef AMBIT_STORE_SAFETENSORS_H
#define AMBIT_STORE_SAFETENSORS_H

#include "ambit/safetensors.h"

enum { AMBIT_SAFETENSORS_PREFIX = 8, AMBIT_SAFETENSORS_NAME = 80 };

static const char ambit_safetensors_metadata[] = "__metadata__";

/* Hugging Face's name of a tensor of ours. */
void ambit_safetensors_name(const char *ours, char name[AMBIT_SAFETENSORS_NAME]);

#endif
