// SPDX-License-Identifier: MIT
// `ambit show`: numbers, stars at the least errors, run folders and logs.
#include "testing.h"

#include "../src/cli/cli.h"
#include "../src/cli/session.h"
#include "../src/cli/show.h"
#include "ambit/store.h"
#include "scratch.h"
#include <stdlib.h>
#include <string.h>

static void numbers(void **state)
{
    (void)state;
    const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"},
                 {1, "1.00"},
                 {0.12345, "0.123"},
                 {0.00123, "0.00123"},
                 {12.34, "12.3"},
                 {999.4, "999"},
                 {1e-5, "1.00e-05"},
                 {12345, "1.23e+04"},
                 {-0.0123, "-0.0123"},
                 {(double)NAN, "-"},
                 {INFINITY, "inf"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[AMBIT_NUMBER_SIZE];
        ambit_show_number(cases[i].value, text);
        assert_string_equal(text, cases[i].text);
    }
}

/* Opens a stream into *text; close it, then free *text. */
static FILE *capture(char **text)
{
    static size_t size;
    FILE *out = open_memstream(text, &size);
    assert_non_null(out);
    return out;
}

/* The zero predictor is never starred, and what is not a number neither. */
static void best_of_column(void **state)
{
    (void)state;
    char *labels[] = {"zero", "least_squares", "lasso"}, *text = NULL;
    double x[] = {0, 1, 2};
    double mean[] = {1, 1, 1, 2, 0.5, (double)NAN, 3, 0.75, 0.25};
    double low[] = {1, 1, 1, 1.9, 0.4, 0, 2.9, 0.7, 0.2};
    double high[] = {1, 1, 1, 2.1, 0.6, 1, 3.1, 0.8, 0.3};
    const AmbitPanel panel = {.x_name = "k",
                              .n_rows = 3,
                              .n_x = 3,
                              .labels = labels,
                              .x = x,
                              .mean = mean,
                              .low = low,
                              .high = high,
                              .starred = true};
    FILE *out = capture(&text);
    ambit_show_table(out, &panel);
    fclose(out);
    assert_string_equal(text, "  k                    0         1         2\n"
                              "  zero              1.00      1.00      1.00\n"
                              "    90 % from       1.00      1.00      1.00\n"
                              "         to         1.00      1.00      1.00\n"
                              "  least_squares     2.00*    0.500*        -\n"
                              "  lasso             3.00     0.750     0.250*\n");
    free(text);
}

/* One glyph per predictor at the height of its error; what is above the top is drawn there. */
static void plot(void **state)
{
    (void)state;
    char *labels[] = {"a", "b"}, *text = NULL;
    double x[] = {0, 40}, mean[] = {1, 0.04, 77, 0.5};
    const AmbitPanel panel = {.x_name = "k",
                              .n_rows = 2,
                              .n_x = 2,
                              .labels = labels,
                              .x = x,
                              .mean = mean,
                              .low = mean,
                              .high = mean};
    FILE *out = capture(&text);
    ambit_show_plot(out, &panel);
    fclose(out);
    assert_non_null(strstr(text, "  1.2 ┤○\n"));
    assert_non_null(strstr(text, "  1.0 ┤●\n"));
    const char *last = strstr(text, "  0.0 ┤");
    assert_non_null(last);
    assert_int_equal(strspn(last + strlen("  0.0 ┤"), " "), 71);
    assert_non_null(strstr(text, "\n       ● a  ○ b"));
    free(text);
}

/* The band of the first predictor, where no marker is; without intervals none. */
static void plot_band(void **state)
{
    (void)state;
    char *labels[] = {"a", "b"}, *text = NULL;
    double x[] = {0, 40}, mean[] = {0.8, 0.2, 0.6, 0.6};
    double low[] = {0.6, 0.1, 0, 0}, high[] = {1, 0.2, 1, 1};
    AmbitPanel panel = {.x_name = "k",
                        .n_rows = 2,
                        .n_x = 2,
                        .labels = labels,
                        .x = x,
                        .mean = mean,
                        .low = low,
                        .high = high};
    FILE *out = capture(&text);
    ambit_show_plot(out, &panel);
    fclose(out);
    static const char *const rows[] = {"  1.2 ┤\n",  "  1.0 ┤┊\n", "      │┊\n",
                                       "  0.8 ┤●\n", "      │┊\n", "  0.6 ┤○ "};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_non_null(strstr(text, rows[i]));
    assert_non_null(strstr(text, "┊ 90 % interval of ●; a marker hides"));
    free(text);
    panel.low = panel.high = NULL;
    out = capture(&text);
    ambit_show_plot(out, &panel);
    fclose(out);
    assert_null(strstr(text, "┊"));
    free(text);
}

static AmbitStatus show_run(const char *run, char **text, AmbitError *error)
{
    FILE *out = capture(text);
    AmbitStatus status = ambit_show_run(out, run, &(AmbitShowOptions){.k = -1}, error);
    fclose(out);
    return status;
}

/* The last five records; unknown fields are shown, half a line is passed over. */
static void run_log(void **state)
{
    char log[4096] = "", *text = NULL;
    AmbitError error = {0};
    for (int i = 1; i <= 7; i++)
        snprintf(log + strlen(log), sizeof log - strlen(log),
                 "{\"step\":%d00,\"loss\":0.%d5,\"note\":\"x\",\"novel\":%d,"
                 "\"class_loss\":{\"dense\":0.%d25,\"sparse\":null}}\n",
                 i, i, 10 * i, i);
    strcat(log, "\n{\"step\":800,\"lo");
    scratch_write(scratch_path(*state, "log.jsonl"), log);
    assert_int_equal(show_run(*state, &text, &error), AMBIT_OK);
    const char *const lines[] = {
        "\n  step                           300       400       500       600       700\n",
        "\n  loss                         0.350     0.450     0.550     0.650     0.750\n",
        "\n  novel                           30        40        50        60        70\n",
        "\n    dense                      0.325     0.425     0.525     0.625     0.725\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(text, lines[i]))
            fail_msg("lacks \"%s\":\n%s", lines[i], text);
    free(text);
}

static void run_checkpoints(void **state)
{
    char *text = NULL;
    AmbitError error = {0};
    assert_int_equal(show_run(*state, &text, &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "not a run folder"));
    free(text);
    for (int i = 1; i <= 12; i++) {
        char name[64];
        snprintf(name, sizeof name, "checkpoint_%08d.h5", i);
        scratch_write(scratch_path(*state, name), "x");
    }
    assert_int_equal(show_run(*state, &text, &error), AMBIT_OK);
    assert_non_null(strstr(text, "2 earlier checkpoints"));
    assert_null(strstr(text, "checkpoint_00000002.h5"));
    assert_non_null(strstr(text, "checkpoint_00000003.h5       step 3"));
    assert_non_null(strstr(text, "checkpoint_00000012.h5       step 12"));
    free(text);
}

/* The line fits the columns, and says what fits. */
static void progress_line(void **state)
{
    (void)state;
    const AmbitProgress progress = {
        .unit = "step", .rate = "prompts/s", .rate_factor = 64, .total = 17000, .terminal = true};
    const char *const details[] = {"0.412 of zero", "dichte 0.41  spärlich 0.29",
                                   "loss 0.4123",   "lr 0.001",
                                   "gradient 0.42", NULL};
    char text[512];
    for (size_t columns = 60; columns < 250; columns++) {
        ambit_cli_progress_text(&progress, 1000, 10, details, columns, text, sizeof text);
        assert_in_range(ambit_show_text_width(text), 40, columns);
        assert_non_null(strstr(text, "step 1000/17000"));
        assert_non_null(
            strstr(text, columns < 130 ? "6400/s  ETA 2:40" : "6400 prompts/s  ETA 2:40"));
        assert_int_equal(strstr(text, "spärlich 0.29") != NULL, columns >= 76);
    }
    for (size_t i = 0; details[i]; i++)
        assert_non_null(strstr(text, details[i]));
    assert_non_null(strstr(text, "[#-------------------] "));
    ambit_cli_progress_text(&progress, 0, 0, details, 80, text, sizeof text);
    assert_null(strstr(text, "ETA"));
}

/* Answers of 0 that score 1 in the mean are not spoken of, those that score 2 or no number are. */
static void zero_predictor_off(void **state)
{
    (void)state;
    AmbitZeroScore zero = {1.2, 0.05};
    AmbitTargetResult result = {.n_steps = 1,
                                .n_sweep = 1,
                                .n_examples = 64,
                                .normalizer_is_declared = true,
                                .zero = &zero};
    assert_false(ambit_cli_note_zero("fair", &result));
    zero = (AmbitZeroScore){0.6, 0.06}; // relative to its mean, 0.1
    assert_false(ambit_cli_note_zero("few skewed scores", &result));
    zero = (AmbitZeroScore){0.5, 0.02};
    assert_true(ambit_cli_note_zero("halved", &result));
    zero = (AmbitZeroScore){2, 0.1};
    assert_true(ambit_cli_note_zero("doubled", &result));
    result.normalizer_is_declared = false;
    assert_false(ambit_cli_note_zero("sampled", &result));
    result.normalizer_is_declared = true;
    zero.mean = NAN;
    assert_true(ambit_cli_note_zero("no number", &result));
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_open, scratch_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(best_of_column),
        cmocka_unit_test(zero_predictor_off),
        cmocka_unit_test(plot),
        cmocka_unit_test(plot_band),
        IN_SCRATCH(run_log),
        IN_SCRATCH(run_checkpoints),
        cmocka_unit_test(progress_line),
    };
    return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
