/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compute: a program that hardly ever calls the kernel. compute [ROUNDS]
 * Prime numbers, a shift register, products of matrices, a system of planets; the sums are checked.
 */
#include "lib/printf.h"
#include "lib/program.h"
#include "lib/string.h"

#define SIEVE_END   65536
#define MATRIX_SIZE 64
#define BODIES	    4
#define STEPS	    4000

static unsigned char composite[SIEVE_END];
static double left[MATRIX_SIZE][MATRIX_SIZE], right[MATRIX_SIZE][MATRIX_SIZE];

static unsigned long primes_count(void)
{
	unsigned long i, j, count = 0;

	memset(composite, 0, sizeof(composite));
	for (i = 2; i < SIEVE_END; i++) {
		if (composite[i])
			continue;
		count++;
		for (j = i * i; j < SIEVE_END; j += i)
			composite[j] = 1;
	}
	return count;
}

/* A shift register of 64 bits, and how many of a million of its states are multiples of 7. */
static unsigned long random_count(void)
{
	unsigned long state = 88172645463325252UL, i, count = 0;

	for (i = 0; i < 1000000; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		count += state % 7 == 0;
	}
	return count;
}

static double matrix_trace(void)
{
	double trace = 0;
	int i, j, k;

	for (i = 0; i < MATRIX_SIZE; i++) {
		for (j = 0; j < MATRIX_SIZE; j++) {
			left[i][j] = 1.0 / (i + j + 1);
			right[i][j] = i - j;
		}
	}
	for (i = 0; i < MATRIX_SIZE; i++) {
		for (j = 0; j < MATRIX_SIZE; j++) {
			double sum = 0;

			for (k = 0; k < MATRIX_SIZE; k++)
				sum += left[i][k] * right[k][j];
			trace += i == j ? sum : sum / MATRIX_SIZE;
		}
	}
	return trace;
}

/* Springs between all, so that nothing but + - * is needed; what stays the same is the sum of v. */
static double bodies_drift(void)
{
	double x[BODIES] = { 0, 1, 3, 7 }, v[BODIES] = { 1, -1, 2, -2 }, sum = 0;
	int step, i, j;

	for (step = 0; step < STEPS; step++) {
		for (i = 0; i < BODIES; i++) {
			for (j = 0; j < BODIES; j++)
				v[i] += (x[j] - x[i]) * 0.0009765625;
		}
		for (i = 0; i < BODIES; i++)
			x[i] += v[i] * 0.0009765625;
	}
	for (i = 0; i < BODIES; i++)
		sum += v[i];
	return sum;
}

int main(int argc, char **argv)
{
	unsigned long rounds = 3, primes = 0, sevens = 0;
	double trace = 0, drift = 0;

	if (argc > 2 || (argc == 2 && program_number(argv[1], 1000000, &rounds) != 0)) {
		dprintf(2, "usage: compute [ROUNDS]\n");
		return 2;
	}
	while (rounds-- > 0) {
		primes = primes_count();
		sevens = random_count();
		trace = matrix_trace();
		drift = bodies_drift();
	}
	printf("%lu primes, %lu sevens, trace %d, drift %d / 1000\n", primes, sevens, (int)trace,
	       (int)(drift * 1000));
	return primes == 6542 ? 0 : 1;
}
