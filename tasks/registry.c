// SPDX-License-Identifier: MIT
// Families, prompt distributions and languages by name.
#include "registry.h"

#include <string.h>

#define FAMILY_ENTRY(name) &ambit_family_##name,
static const AmbitFamilyType *const families[] = {AMBIT_FAMILY_LIST(FAMILY_ENTRY) NULL};
#undef FAMILY_ENTRY

#define PROMPTS_ENTRY(name) &ambit_prompts_##name,
static const AmbitPromptDistributionType *const distributions[] = {AMBIT_PROMPTS_LIST(PROMPTS_ENTRY)
                                                                       NULL};
#undef PROMPTS_ENTRY

#define LANGUAGE_ENTRY(name) &ambit_language_##name,
static const AmbitLanguageType *const languages[] = {AMBIT_LANGUAGE_LIST(LANGUAGE_ENTRY) NULL};
#undef LANGUAGE_ENTRY

const AmbitFamilyType *const *ambit_family_types(void)
{
    return families;
}

const AmbitFamilyType *ambit_family_type_find(const char *name)
{
    for (const AmbitFamilyType *const *type = families; *type; type++)
        if (strcmp((*type)->name, name) == 0)
            return *type;
    return NULL;
}

const AmbitPromptDistributionType *const *ambit_prompt_distribution_types(void)
{
    return distributions;
}

const AmbitPromptDistributionType *ambit_prompt_distribution_type_find(const char *name)
{
    for (const AmbitPromptDistributionType *const *type = distributions; *type; type++)
        if (strcmp((*type)->name, name) == 0)
            return *type;
    return NULL;
}

const AmbitLanguageType *const *ambit_language_types(void)
{
    return languages;
}

const AmbitLanguageType *ambit_language_type_find(const char *name)
{
    for (const AmbitLanguageType *const *type = languages; *type; type++)
        if (strcmp((*type)->name, name) == 0)
            return *type;
    return NULL;
}
