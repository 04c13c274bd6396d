// SPDX-License-Identifier: MIT
// Corpora as files: what is written reads back as the same corpus; whatever is no corpus is refused
// with its place.
#include "testing.h"

#include "ambit/memory.h"
#include "language_fixtures.h"
#include "scratch.h"
#include <stdio.h>
#include <string.h>

/* The paths of the splits in the scratch folder. */
static AmbitCorpusFiles files_in(void **state)
{
    AmbitCorpusFiles files = {.most_words = 0};
    for (int s = 0; s < AMBIT_N_SPLITS; s++)
        files.paths[s] = (char *)scratch_path(*state, ambit_split_names[s]);
    return files;
}

static void write_bytes(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void write_corpus(const AmbitCorpus *corpus, const AmbitCorpusFiles *files)
{
    for (int s = 0; s < AMBIT_N_SPLITS; s++) {
        FILE *file = fopen(files->paths[s], "w");
        assert_non_null(file);
        assert_true(ambit_split_write(file, corpus, (AmbitSplitName)s));
        assert_int_equal(fclose(file), 0);
    }
}

static void assert_same_corpus(const AmbitCorpus *a, const AmbitCorpus *b, bool same_classes)
{
    assert_int_equal(a->language->words.count, b->language->words.count);
    for (size_t i = 0; i < a->language->words.count; i++)
        assert_string_equal(a->language->words.texts[i], b->language->words.texts[i]);
    for (int s = 0; s < AMBIT_N_SPLITS; s++) {
        const AmbitSplit *x = &a->splits[s], *y = &b->splits[s];
        size_t n = x->n_sentences;
        assert_int_equal(n, y->n_sentences);
        assert_memory_equal(x->offset, y->offset, (n + 1) * sizeof *x->offset);
        assert_memory_equal(x->words, y->words, x->offset[n] * sizeof *x->words);
        assert_memory_equal(x->n_input, y->n_input, n * sizeof *x->n_input);
        if (same_classes)
            assert_memory_equal(x->class_label, y->class_label, n * sizeof *x->class_label);
        assert_int_equal(a->n_repeated[s], b->n_repeated[s]);
    }
    assert_int_equal(a->longest, b->longest);
}

/* With the language named, and of the words of the files alone. */
static void written_corpora_read_back(void **state)
{
    const AmbitCorpusFiles files = files_in(state);
    for (size_t i = 0; ambit_language_types()[i]; i++) {
        const char *name = ambit_language_types()[i]->name;
        AmbitCorpus *drawn = make_corpus(name, 2000, 200, 300, 4), *read;
        AmbitError error = {.message = ""};
        write_corpus(drawn, &files);
        for (int named = 0; named < 2; named++) {
            if (ambit_corpus_read(&read, named ? make_language(name, NULL) : NULL, &files, &error))
                fail_msg("%s", error.message);
            assert_same_corpus(drawn, read, named);
            assert_int_equal(read->n_classes, named ? drawn->n_classes : 1);
            ambit_corpus_destroy(&read);
        }
        ambit_corpus_destroy(&drawn);
    }
}

/* Reads the bytes as training file, and asserts the message after "PATH:". */
static void assert_refused(const char *path, const char *language, const char *bytes, size_t length,
                           size_t most_words, const char *message)
{
    const AmbitCorpusFiles files = {.paths = {(char *)path}, .most_words = most_words};
    AmbitCorpus *corpus;
    AmbitError error = {.message = ""};
    write_bytes(path, bytes, length);
    AmbitStatus status =
        ambit_corpus_read(&corpus, language ? make_language(language, NULL) : NULL, &files, &error);
    size_t start = strlen(path) + 1;
    if (status != AMBIT_INVALID || strlen(error.message) < start ||
        strcmp(error.message + start, message) != 0)
        fail_msg("%s: found    %s\n       expected %s", bytes, error.message, message);
    assert_null(corpus);
}

static void refused(void **state)
{
    const char *path = scratch_path(*state, "train");
    static const struct {
        const char *language, *text, *message;
    } cases[] = {
        {"question_formation",
         "the newt does sleep . decl\tthe newt does sleep .\nthe newt does "
         "sleepp . decl\tthe newt does sleepp .\n",
         "2:15: found 'sleepp', which is no word of question_formation; did you mean 'sleep'?"},
        {"question_formation", "the newt does sleep . quest does the newt sleep ?\n",
         "1:50: found no TAB; a line is an input, a TAB and the output"},
        {"question_formation", "the newt does sleep .\tquest\tdoes the newt sleep ?\n",
         "1:28: found a second TAB; a line is an input, a TAB and the output"},
        {"question_formation", "the newt does sleep . quest\tdoes the newt sleep .\n",
         "1:49: found '.', expected '?' in this output"},
        {"question_formation", "the newt do sleep . quest\tdo the newt sleep ?\n",
         "1:10: found 'do', expected does or doesn't, since the subject is singular"},
        {"question_formation", "the newt does sleep . quest\tdoes the newt sleep\n",
         "1:48: found 'the end', expected '?' in this output"},
        {"tense_inflection", "the newt slept . PRESENT\tthe newt sleep .\n",
         "1:35: found 'sleep', expected 'sleeps' in this output"},
        {"tense_inflection", "the newt slept .\tthe newt sleeps .\n",
         "1:16: found '.' as last word of the input, expected 'PRESENT' or 'PAST'"},
        {"tense_inflection", "\n", "1:1: found an empty line; each line holds a sentence"},
        {"tense_inflection", " \tthe newt slept .\n", "1:1: found no word before the TAB"},
        {"tense_inflection", "the newt slept . PAST\t\n", "1:23: found no word after the TAB"},
        {"dyck", "(a a) (b b) END\n(a (b b) END\n", "2:10: found the end, expected 'a)'"},
        {"dyck", "(a a) (b b)\n", "1:12: found no END, with which a line of this corpus ends"},
        {"dyck", "(a a)\t(b b) END\n", "1:6: found a TAB; a line is one sentence that ends in END"},
        {"dyck", "END\n", "1:1: found no word before END"},
        {"dyck", "(a b) END\n", "1:4: found 'b)', expected 'a)'"},
        {NULL, "eins zwei\n",
         "1:10: found neither a TAB nor END; a line is an input, a TAB and the output, or one "
         "sentence that ends in END"},
        {NULL, "a\tb\na b END\n", "2:8: found no TAB; a line is an input, a TAB and the output"},
        {NULL, "a\tb\n\na\tb\n", "2:1: found an empty line; each line holds a sentence"},
        {NULL, "a\tb\r\n",
         "1:4: found a carriage return; lines end in a line feed alone (sed -i 's/\\r$//' FILE)"},
        {NULL,
         "\xEF\xBB\xBF"
         "a\tb\n",
         "1:1: found a byte order mark; save the file as UTF-8 without one"},
        {NULL,
         "gr\xC3\xBC\xC3\x9F"
         "e\xFF\tb\n",
         "1:6: found byte 0xFF, which is not UTF-8; convert the file, e.g. with iconv -t UTF-8"},
        {NULL, "a\xC1\xBF\tb\n",
         "1:2: found byte 0xC1, which is not UTF-8; convert the file, e.g. with iconv -t UTF-8"},
        {NULL, "a\x80\tb\n",
         "1:2: found byte 0x80, which is not UTF-8; convert the file, e.g. with iconv -t UTF-8"},
        {NULL, "a\xED\xA0\x80\tb\n",
         "1:2: found byte 0xED, which is not UTF-8; convert the file, e.g. with iconv -t UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(path, cases[i].language, cases[i].text, strlen(cases[i].text), 0,
                       cases[i].message);
    assert_refused(path, NULL, "a\tb\na\0b\tc\n", 11, 0,
                   "2:2: found the control character 0x00; lines hold words, blanks and a TAB");
    assert_refused(path, NULL, "a b\tc\na b\tc d\n", 14, 3,
                   "2:7: found 4 words, allowed are at most 3, one less than the model's context; "
                   "give a longer context or leave the line out");
    assert_refused(path, NULL, "", 0, 0, " found no line; give sentences, or leave this file out");
}

static void huge_lines_are_refused(void **state)
{
    const char *path = scratch_path(*state, "train");
    size_t length = ((size_t)1 << 20) + 2;
    char *bytes = malloc(length);
    memset(bytes, 'a', length);
    assert_refused(path, NULL, bytes, length, 0,
                   "1:1: found a line of more than 1048576 bytes; is this a corpus?");
    free(bytes);
}

/* A vocabulary of one's own: sorted by bytes over all files; blanks may repeat; the last line needs
 * no end; repeated sentences are counted. */
static void own_words(void **state)
{
    static const char train[] = "b  a\tZ\nb a\tZ\n\xC3\xBC a \tb";
    static const char validation[] = "a\tnew\nb a\tZ\n";
    AmbitCorpusFiles files = files_in(state);
    AmbitCorpus *corpus;
    AmbitError error = {.message = ""};
    files.most_words = 3;
    files.paths[AMBIT_SPLIT_GENERALIZATION] = NULL;
    write_bytes(files.paths[AMBIT_SPLIT_TRAIN], train, strlen(train));
    write_bytes(files.paths[AMBIT_SPLIT_VALIDATION], validation, strlen(validation));
    if (ambit_corpus_read(&corpus, NULL, &files, &error))
        fail_msg("%s", error.message);
    static const char *const words[] = {"Z", "a", "b", "new", "\xC3\xBC"};
    assert_int_equal(corpus->language->words.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(corpus->language->words.texts[i], words[i]);
    const AmbitSplit *split = &corpus->splits[AMBIT_SPLIT_TRAIN];
    static const int32_t ids[] = {2, 1, 0, 2, 1, 0, 4, 1, 2};
    assert_int_equal(split->n_sentences, 3);
    assert_memory_equal(split->words, ids, sizeof ids);
    assert_int_equal(split->n_input[2], 2);
    assert_int_equal(corpus->n_repeated[AMBIT_SPLIT_TRAIN], 1);
    assert_int_equal(corpus->n_repeated[AMBIT_SPLIT_VALIDATION], 1);
    assert_int_equal(corpus->splits[AMBIT_SPLIT_GENERALIZATION].n_sentences, 0);
    assert_int_equal(corpus->longest, 3);
    ambit_corpus_destroy(&corpus);
}

/* Words that are all beginnings of others; the longest come first. */
static void many_own_words(void **state)
{
    enum { N = 400 };
    const AmbitCorpusFiles files = {.paths = {(char *)scratch_path(*state, "train")}};
    AmbitCorpus *corpus;
    char longest[N + 1];
    FILE *file = fopen(files.paths[0], "w");
    memset(longest, 'a', N);
    longest[N] = '\0';
    for (int i = 0; i < N; i++)
        fprintf(file, "b\t%s\n", longest + i);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(ambit_corpus_read(&corpus, NULL, &files, NULL), AMBIT_OK);
    assert_int_equal(corpus->language->words.count, N + 1);
    for (size_t i = 0; i < N; i++) {
        const AmbitSentence s = ambit_split_sentence(&corpus->splits[AMBIT_SPLIT_TRAIN], i);
        assert_string_equal(corpus->language->words.texts[s.words[1]], longest + i);
    }
    ambit_corpus_destroy(&corpus);
}

static void missing_files(void **state)
{
    (void)state;
    AmbitCorpusFiles files = {.paths = {(char *)"/nowhere/train"}};
    AmbitCorpus *corpus;
    AmbitError error = {.message = ""};
    assert_int_equal(ambit_corpus_read(&corpus, NULL, &files, &error), AMBIT_IO);
    assert_int_equal(strncmp(error.message, "/nowhere/train: ", 16), 0);
    files.paths[AMBIT_SPLIT_TRAIN] = (char *)"/dev/zero";
    assert_int_equal(ambit_corpus_read(&corpus, NULL, &files, &error), AMBIT_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(written_corpora_read_back, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(refused, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(huge_lines_are_refused, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(own_words, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(many_own_words, scratch_open, scratch_close),
        cmocka_unit_test_setup_teardown(missing_files, scratch_open, scratch_close)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
