/* matrix, inside: what its files promise each other. */
#ifndef MATRIX_INT_H
#define MATRIX_INT_H

#include "matrix/event.h"

/* ---- walk.c ---- */

void matrix_walk(const struct matrix_told *told, const struct matrix_event *e, const struct json *content);

#endif
