// SPDX-License-Identifier: MIT
// Losses of single outputs.
#include "ambit/trainer.h"

#include <math.h>

/* The logistic loss is the cross entropy of sigmoid(output) with (label + 1) / 2 (Garg et al.
 * 2208.01066, released code), written so that no exponential overflows. */
double ambit_loss(AmbitLoss loss, double output, double label, double *derivative)
{
    if (loss == AMBIT_LOSS_SQUARED) {
        double difference = output - label;
        *derivative = 2 * difference;
        return difference * difference;
    }
    double target = (label + 1) / 2, small = exp(-fabs(output));
    *derivative = (output < 0 ? small : 1) / (1 + small) - target;
    return log1p(small) + fmax(output, 0) - target * output;
}
