// SPDX-License-Identifier: MIT
// The details of a progress line of training.
#include "train_line.h"
#include "run_source.h"

#include "ambit/memory.h"

#include <math.h>
#include <stdio.h>

AmbitStatus ambit_train_line_create(AmbitTrainLine *line, const AmbitConfig *config, double share,
                                    AmbitError *error)
{
    *line = (AmbitTrainLine){.mixture = config->mixture, .share = share, .loss = NAN};
    line->classes = ambit_run_classes(config, &line->n_classes);
    line->class_loss = ambit_alloc(line->n_classes, sizeof *line->class_loss);
    if (!line->class_loss)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the progress line");
    for (size_t c = 0; c < line->n_classes; c++)
        line->class_loss[c] = NAN;
    for (size_t s = 0; s < AMBIT_N_SPLITS; s++)
        line->validation.splits[s] = (AmbitScores){NAN, NAN};
    return AMBIT_OK;
}

void ambit_train_line_free(AmbitTrainLine *line)
{
    ambit_free(line->class_loss);
}

static void mix(double *mean, double value, double share)
{
    if (!isnan(value))
        *mean = isnan(*mean) ? value : *mean + share * (value - *mean);
}

/* The loss of the zero predictor: log 2 for binary labels, else the second moment. */
static double zero_loss(const AmbitFamily *family, size_t active_dims)
{
    return family->binary ? M_LN2 : ambit_family_second_moment(family, active_dims);
}

static double mixed_zero_loss(const AmbitMixture *mixture, size_t active_dims)
{
    double sum = 0, total = 0;
    for (size_t c = 0; c < mixture->n_classes; c++) {
        total += mixture->weights[c];
        sum += mixture->weights[c] * zero_loss(mixture->families[c], active_dims);
    }
    return sum / total;
}

/* Whether a class is drawn at all. */
static bool is_drawn(const AmbitTrainLine *line, size_t class)
{
    return !line->mixture || line->mixture->weights[class] > 0.0;
}

/* "dense 0.41  sparse 0.29": the loss of each class, of prompts over that of the zero predictor. */
static void word_classes(AmbitTrainLine *line, size_t active_dims, char *text)
{
    size_t used = 0;
    *text = '\0';
    for (size_t c = 0; c < line->n_classes && used < AMBIT_TRAIN_TEXT; c++) {
        double unit = line->mixture ? zero_loss(line->mixture->families[c], active_dims) : 1.0;
        if (is_drawn(line, c))
            used +=
                (size_t)snprintf(text + used, AMBIT_TRAIN_TEXT - used, "%s%s %.3f",
                                 used ? "  " : "", line->classes[c], line->class_loss[c] / unit);
    }
}

/* "validation 0.998 (loss 1.61)  generalization 0.312 (loss 2.02)": accuracies and losses. */
static void word_validation(const AmbitValidation *validation, char *text)
{
    size_t used = 0;
    *text = '\0';
    for (size_t s = 0; s < AMBIT_N_SPLITS && used < AMBIT_TRAIN_TEXT; s++) {
        const AmbitScores *scores = &validation->splits[s];
        if (isnan(scores->loss))
            continue;
        used += (size_t)snprintf(text + used, AMBIT_TRAIN_TEXT - used, "%s%s %.3f (loss %.3f)",
                                 used ? "  " : "", ambit_split_names[s], scores->accuracy,
                                 scores->loss);
    }
}

void ambit_train_line_add(AmbitTrainLine *line, const AmbitStepReport *report,
                          const AmbitValidation *validation)
{
    const AmbitMixture *mixture = line->mixture;
    size_t dims = mixture ? (size_t)report->columns[AMBIT_COLUMN_DIMS] : 0, n = 0;
    mix(&line->loss, report->loss, line->share);
    for (size_t c = 0; c < line->n_classes; c++)
        mix(&line->class_loss[c], report->class_loss[c], line->share);
    if (validation)
        line->validation = *validation;
    word_validation(&line->validation, line->text[n]);
    n += *line->text[n] != '\0';
    if (mixture)
        snprintf(line->text[n++], AMBIT_TRAIN_TEXT, "%.3f of zero",
                 line->loss / mixed_zero_loss(mixture, dims));
    if (mixture && line->n_classes > 1)
        word_classes(line, dims, line->text[n++]);
    snprintf(line->text[n++], AMBIT_TRAIN_TEXT, mixture ? "loss %.4g" : "loss %.4f a word",
             line->loss);
    if (!mixture && line->n_classes > 1)
        word_classes(line, dims, line->text[n++]);
    snprintf(line->text[n++], AMBIT_TRAIN_TEXT, "lr %.2g", report->learning_rate);
    snprintf(line->text[n++], AMBIT_TRAIN_TEXT, "gradient %.2g", fabs(report->gradient_norm));
    for (size_t i = 0; i < n; i++)
        line->details[i] = line->text[i];
    line->details[n] = NULL;
}
