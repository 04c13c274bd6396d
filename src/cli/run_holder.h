// SPDX-License-Identifier: MIT
// The process that works in a run folder, by a file that it renews: see run_lock.c for the lock
// that goes before.
#ifndef AMBIT_CLI_RUN_HOLDER_H
#define AMBIT_CLI_RUN_HOLDER_H

#include "ambit/status.h"
#include <stdbool.h>

/* How often a file is looked for that ought to be there, and microseconds between. */
enum { AMBIT_RUN_LOOKS = 6, AMBIT_RUN_PAUSE = 100000 };

/* Whether the name leads to the open file. A network file system may answer wrongly for a moment,
 * so that absence is looked at again. */
bool ambit_run_leads_to(const char *path, int file);

typedef struct AmbitRunHolder AmbitRunHolder;

/* Takes the folder for this process until ambit_run_release. is_locked: this process has the lock
 * on RUN/.lock, so that another process of this machine has ended. Returns AMBIT_IO if another
 * process holds the folder, which may take seconds to find out. */
AmbitStatus ambit_run_hold(AmbitRunHolder **holder, const char *folder, bool is_locked,
                           AmbitError *error);

/* Whether the folder is still this process's. */
bool ambit_run_holds(const AmbitRunHolder *holder);
void ambit_run_release(AmbitRunHolder **holder);

/* Whether a process that locks do not show seems to work in the folder, by the age of its file.
 * locks_tell: none of this machine has the lock. */
bool ambit_run_is_held(const char *folder, bool locks_tell);

#endif
