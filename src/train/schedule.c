// SPDX-License-Identifier: MIT
// Learning-rate schedules, and the tables of training settings.
#include "ambit/trainer.h"

#include <float.h>
#include <math.h>

static const char *const schedule_names[] = {"constant", "inverse_sqrt", "linear", "cosine", NULL};

#define LARGEST_COUNT 1e12

static const char *const optimizer_names[] = {"adam", "muon", NULL}; // AMBIT_OPTIMIZER_*

#define FIELD(name) offsetof(AmbitTrainingSettings, name)
const AmbitParameter ambit_training_parameters[] = {
    {"learning_rate", AMBIT_REAL, FIELD(learning_rate), 3e-4, DBL_MIN, 10, NULL,
     "learning rate at the peak of the schedule", false},
    {"optimizer", AMBIT_CHOICE, FIELD(optimizer), AMBIT_OPTIMIZER_ADAM, 0, 0, optimizer_names,
     "adam, or muon (Jordan et al. 2024) for the matrices of the layers and Adam for the rest",
     false},
    {"momentum", AMBIT_REAL, FIELD(momentum), 0.95, 0, 0.9999999, NULL,
     "Muon's decay of the gradient's mean", false},
    {"beta1", AMBIT_REAL, FIELD(beta1), 0.9, 0, 0.9999999, NULL, "Adam's decay of the first moment",
     false},
    {"beta2", AMBIT_REAL, FIELD(beta2), 0.999, 0, 0.9999999, NULL,
     "Adam's decay of the second moment", false},
    {"epsilon", AMBIT_REAL, FIELD(epsilon), 1e-8, DBL_MIN, 1, NULL, "Adam's epsilon", false},
    {"clip", AMBIT_REAL, FIELD(clip), 0, 0, 1e9, NULL,
     "a gradient of larger norm is scaled down to this norm before Adam takes it (Muon, which sets "
     "the length of its steps itself, takes it as it is); 0: no clipping",
     false},
    {"weight_decay", AMBIT_REAL, FIELD(weight_decay), 0, 0, 10, NULL,
     "each step first takes this times the learning rate off every parameter, as a share of it "
     "(Loshchilov & Hutter 2019)",
     false},
    {"batch_size", AMBIT_INT, FIELD(batch_size), 64, 1, 1048576, NULL, "prompts per step", false},
    {"train_steps", AMBIT_INT, FIELD(train_steps), 1000, 1, LARGEST_COUNT, NULL, "optimiser steps",
     .may_change = true},
    {"shards", AMBIT_INT, FIELD(shards), 8, 1, 1024, NULL,
     "shards per batch, each the work of one thread; twice as many threads or more share the "
     "products of one shard after another; where shards would have more rows than 256 and than 4 "
     "n_embd there are more of them, which is faster; changes rounding, so keep it fixed to "
     "reproduce a run",
     .alias = "lanes"},
    {"groups", AMBIT_INT, FIELD(groups), 1, 1, 1024, NULL,
     "groups of shards, a power of two that divides them: each sums its gradients in a buffer of "
     "its own, so that more threads can work; changes rounding",
     false},
    {"skip_nonfinite", AMBIT_INT, FIELD(skip_nonfinite), 0, 0, LARGEST_COUNT, NULL,
     "most steps in a row that may be skipped, with a note, because loss or gradient is not "
     "finite; "
     "0: the first such step ends the run",
     .may_change = true},
    {0}};
#undef FIELD

#define FIELD(name) offsetof(AmbitSchedule, name)
const AmbitParameter ambit_schedule_parameters[] = {
    {"name", AMBIT_CHOICE, FIELD(name), AMBIT_SCHEDULE_CONSTANT, 0, 0, schedule_names,
     "course of the learning rate after warm-up", false},
    {"warmup_steps", AMBIT_INT, FIELD(warmup_steps), 0, 0, LARGEST_COUNT, NULL,
     "steps over which the learning rate rises linearly to its peak", false},
    {"hold_steps", AMBIT_INT, FIELD(hold_steps), 0, 0, LARGEST_COUNT, NULL,
     "steps at the peak between warm-up and fall (linear, cosine)", false},
    {"final_factor", AMBIT_REAL, FIELD(final_factor), 0, 0, 1, NULL,
     "share of the peak left at the last step (linear, cosine)", false},
    {0}};
#undef FIELD

double ambit_schedule_rate(const AmbitSchedule *schedule, double peak, int64_t step,
                           int64_t n_steps)
{
    double taken = (double)step + 1, warmup = (double)schedule->warmup_steps;
    if (taken < warmup)
        return peak * taken / warmup;
    double fallen = taken - warmup - (double)schedule->hold_steps;
    double fall = (double)n_steps - warmup - (double)schedule->hold_steps;
    double progress = fallen > 0 ? fmin(1, fallen / fall) : 0;
    double final = schedule->final_factor;
    switch (schedule->name) {
    case AMBIT_SCHEDULE_INVERSE_SQRT:
        return peak * sqrt(fmax(warmup, 1) / taken);
    case AMBIT_SCHEDULE_LINEAR:
        return peak * (1 + (final - 1) * progress);
    case AMBIT_SCHEDULE_COSINE:
        return peak * (final + (1 - final) * (1 + cos(M_PI * progress)) / 2);
    default:
        return peak;
    }
}
