// SPDX-License-Identifier: MIT
// Sines of random amplitude and phase on an interval, in one dimension.
#include "one_dim.h"
#include "registry.h"

#include <math.h>

typedef struct Settings {
    double amplitude_low, amplitude_high, phase_low, phase_high, input_low, input_high;
} Settings;

static const AmbitParameter parameters[] = {
    {"amplitude_low", AMBIT_REAL, offsetof(Settings, amplitude_low), 0.1, -INFINITY, INFINITY, NULL,
     "least amplitude", false},
    {"amplitude_high", AMBIT_REAL, offsetof(Settings, amplitude_high), 0.5, -INFINITY, INFINITY,
     NULL, "largest amplitude", false},
    {"phase_low", AMBIT_REAL, offsetof(Settings, phase_low), 0, -INFINITY, INFINITY, NULL,
     "least phase", false},
    {"phase_high", AMBIT_REAL, offsetof(Settings, phase_high), M_PI, -INFINITY, INFINITY, NULL,
     "largest phase", false},
    {"input_low", AMBIT_REAL, offsetof(Settings, input_low), -5, -INFINITY, INFINITY, NULL,
     "least input", false},
    {"input_high", AMBIT_REAL, offsetof(Settings, input_high), 5, -INFINITY, INFINITY, NULL,
     "largest input", false},
    {0}};

static AmbitStatus init(AmbitFamily *family, AmbitError *error)
{
    const Settings *s = family->settings;
    const double range[3][2] = {{s->amplitude_low, s->amplitude_high},
                                {s->phase_low, s->phase_high},
                                {s->input_low, s->input_high}};
    static const char *const names[] = {"amplitude_low", "phase_low", "input_low"};
    AmbitStatus status = ambit_family_need_one_dim(family, error);
    if (status)
        return status;
    for (size_t i = 0; i < 3; i++)
        if (range[i][0] > range[i][1])
            return ambit_error_parameter(error, names[i],
                                         "%s is %g, above the other end of its range, %g; give at "
                                         "most that",
                                         names[i], range[i][0], range[i][1]);
    return AMBIT_OK;
}

static size_t function_size(const AmbitFamily *family)
{
    (void)family;
    return 2;
}

static double draw_between(gsl_rng *rng, double low, double high)
{
    return low + (high - low) * gsl_rng_uniform(rng);
}

/* A function is its amplitude and phase. */
static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    const Settings *s = family->settings;
    (void)active_dims;
    function[0] = draw_between(rng, s->amplitude_low, s->amplitude_high);
    function[1] = draw_between(rng, s->phase_low, s->phase_high);
}

static void draw_input(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *x)
{
    const Settings *s = family->settings;
    (void)active_dims;
    x[0] = draw_between(rng, s->input_low, s->input_high);
}

static double evaluate(const AmbitFamily *family, const double *function, const double *x)
{
    (void)family;
    return function[0] * sin(x[0] + function[1]);
}

/* The mean of cos(t u) over u in low...high is this factor times cos(t (low + high) / 2). */
static double damping(double t, double low, double high)
{
    double half = 0.5 * t * (high - low);
    return half != 0.0 ? sin(half) / half : 1.0;
}

static double amplitude_square(const Settings *s)
{
    double a = s->amplitude_low, b = s->amplitude_high;
    return (a * a + a * b + b * b) / 3.0;
}

/* sin^2 u = (1 - cos 2u) / 2 at u = x + phase, which are independent and uniform. */
static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    const Settings *s = family->settings;
    (void)active_dims;
    double middle = s->input_low + s->input_high + s->phase_low + s->phase_high; // of 2u
    double cosine = cos(middle) * damping(2.0, s->input_low, s->input_high) *
                    damping(2.0, s->phase_low, s->phase_high);
    return 0.5 * amplitude_square(s) * (1.0 - cosine);
}

/* Of the basic families, only this one has functions with a mean other than 0. */
static AmbitMoments moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                            const double *x)
{
    const Settings *s = family->settings;
    (void)rng, (void)active_dims;
    double middle = x[0] + 0.5 * (s->phase_low + s->phase_high);
    double sine = sin(middle) * damping(1.0, s->phase_low, s->phase_high);
    double cosine = cos(2.0 * middle) * damping(2.0, s->phase_low, s->phase_high);
    return (AmbitMoments){0.5 * (s->amplitude_low + s->amplitude_high) * sine,
                          0.5 * amplitude_square(s) * (1.0 - cosine)};
}

static double function_second_moment(const AmbitFamily *family, const double *function,
                                     size_t active_dims)
{
    const Settings *s = family->settings;
    (void)active_dims;
    double cosine = cos(s->input_low + s->input_high + 2.0 * function[1]) *
                    damping(2.0, s->input_low, s->input_high);
    return 0.5 * function[0] * function[0] * (1.0 - cosine);
}

const AmbitFamilyType ambit_family_sine_phase = {
    .name = "sine_phase",
    .summary =
        "f(x) = a * sin(x + phase), both uniform in their ranges, x uniform in its own; 1 dim",
    .source = "von Oswald et al. 2212.07677",
    .inputs = "1 dim, uniform",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = init,
    .function_size = function_size,
    .draw = draw,
    .evaluate = evaluate,
    .second_moment = second_moment,
    .moments = moments,
    .function_second_moment = function_second_moment,
    .draw_input = draw_input};
