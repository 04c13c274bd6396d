// SPDX-License-Identifier: MIT
// A family's settings by their names in its parameter table.
#ifndef AMBIT_PREDICT_SETTINGS_H
#define AMBIT_PREDICT_SETTINGS_H

#include "ambit/family.h"

/* A number or a bool; NaN if the family has none of this name. */
double ambit_setting_number(const AmbitFamily *family, const char *name);

/* The families that a combination is made of; count 0 if it is none. */
AmbitFamilyList ambit_setting_parts(const AmbitFamily *family);

/* The family inside wrappers that add noise or scale; *factor is what they scale by. */
const AmbitFamily *ambit_setting_unwrap(const AmbitFamily *family, double *factor);

#endif
