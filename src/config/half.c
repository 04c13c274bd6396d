// SPDX-License-Identifier: MIT
// The choice between the halves by `model.head`, and the keys that belong to one half alone.
#include "half.h"
#include "registry.h"

#include <stdio.h>
#include <string.h>

const ConfigHalf *const ambit_config_halves[] = {&ambit_config_prompts, &ambit_config_sentences,
                                                 NULL};

AmbitStatus ambit_config_read_head(const ConfigReader *reader, const ConfigNode *model,
                                   AmbitConfig *config)
{
    const char *names[8] = {NULL};
    int chosen = 0;
    for (size_t i = 0; ambit_config_halves[i]; i++)
        names[i] = ambit_config_halves[i]->head->name;
    const AmbitParameter choice[] = {
        {.name = "head", .type = AMBIT_CHOICE, .choices = names, .help = "what the model reads"},
        {.name = NULL}};
    AmbitStatus status = ambit_config_read_table(reader, model, choice, &chosen);
    config->half = ambit_config_halves[chosen];
    config->model.head.type = config->half->head;
    return status;
}

static bool has_key(const ConfigKeys *keys, const char *key)
{
    for (const AmbitParameter *const *table = keys->tables; *table; table++)
        for (const AmbitParameter *p = *table; p->name; p++)
            if (strcmp(p->name, key) == 0 || (p->alias && strcmp(p->alias, key) == 0))
                return true;
    for (const char *const *other = keys->others; *other; other++)
        if (strcmp(*other, key) == 0)
            return true;
    return false;
}

/* Writes the keys of a section, separated by commas. */
static void list_keys(const ConfigKeys *keys, char *list, size_t size)
{
    size_t used = 0;
    for (const AmbitParameter *const *table = keys->tables; *table; table++)
        for (const AmbitParameter *p = *table; p->name && used < size; p++)
            used += (size_t)snprintf(list + used, size - used, "%s%s", used ? ", " : "", p->name);
    for (const char *const *other = keys->others; *other && used < size; other++)
        used += (size_t)snprintf(list + used, size - used, "%s%s", used ? ", " : "", *other);
}

/* The section that has a key of this name; NULL: none. */
static const char *find_section(const ConfigHalf *half, const char *key)
{
    return has_key(&half->training, key)     ? "training"
           : has_key(&half->model, key)      ? "model"
           : has_key(&half->evaluation, key) ? "evaluation"
                                             : NULL;
}

/* Tells of the first key above all sections that belongs into one. */
static AmbitStatus refuse_misplaced(const ConfigReader *reader, const ConfigNode *root,
                                    const ConfigKeys *keys)
{
    for (const ConfigNode *child = root->first; child; child = child->next) {
        const char *section =
            has_key(keys, child->key) ? NULL : find_section(reader->config->half, child->key);
        if (section)
            return ambit_config_error(reader->error, child, NULL,
                                      "is a key of %s; did you mean %s.%s?", section, section,
                                      child->key);
    }
    return AMBIT_OK;
}

AmbitStatus ambit_config_check_section(const ConfigReader *reader, const ConfigNode *section,
                                       const ConfigKeys *keys)
{
    const ConfigHalf *half = reader->config->half;
    ptrdiff_t place = (const char *)keys - (const char *)half;
    if (keys == &half->top && section->kind == CONFIG_MAPPING) {
        AmbitStatus status = refuse_misplaced(reader, section, keys);
        if (status)
            return ambit_config_keep(reader, status);
    }
    for (const ConfigNode *child = section->kind == CONFIG_MAPPING ? section->first : NULL; child;
         child = child->next)
        for (const ConfigHalf *const *other = ambit_config_halves; *other; other++) {
            const ConfigKeys *theirs = (const ConfigKeys *)((const char *)*other + place);
            char allowed[600];
            if (has_key(keys, child->key) || !has_key(theirs, child->key))
                continue;
            list_keys(keys, allowed, sizeof allowed);
            return ambit_config_keep(
                reader, ambit_config_error(reader->error, child, NULL,
                                           "belongs to configs with model.head: %s, and this one "
                                           "has %s; allowed: %s",
                                           (*other)->head->name, half->head->name, allowed));
        }
    return ambit_config_check_keys(reader, section, keys->tables, keys->others);
}
