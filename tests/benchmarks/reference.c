/* The yardstick: value and gradient of a ReLU network N0-N1-N2-N3 over rows of data, by hand.
 *
 * Compiled by compile_table.py with -DN0=.. -DN1=.. -DN2=.. -DN3=.. and, for cross-entropy,
 * -DCROSS_ENTROPY; strictly (-O3 -march=native -ffp-contract=off, no -ffast-math).
 *
 * A row is N0 inputs, then N3 targets (for cross-entropy: a one-hot vector). The loss of a row is
 * the sum of squared errors, or the softmax cross-entropy of the logits; the result is the mean.
 * Parameters lie neuron by neuron: its weights, then its bias.
 *
 * 32 rows at a time: 4 vectors of 8 lanes, a lane is a row. A layer takes 4 neurons to a pass, so
 * that 16 sums stay in registers. Gradients of weights are summed over the 32 rows in a register,
 * kept per lane to the end of the block and then added to the total.
 */
#include <math.h>
#include <string.h>

typedef double v8 __attribute__((vector_size(64)));
enum { U = 4, B = 32 };
typedef v8 unit[U]; /* one unit's number for each of the block's rows */

#define P1 (N1 * (N0 + 1))
#define P2 (N2 * (N1 + 1))
#define P3 (N3 * (N2 + 1))

static inline __attribute__((always_inline)) void forward(int n, int m, const double *w, unit *x, unit *z, int relu) {
    for (int j = 0; j < m; j += 4) {
        int width = m - j < 4 ? m - j : 4;
        v8 sum[4][U];
        for (int k = 0; k < 4; k++)
            for (int u = 0; u < U; u++)
                sum[k][u] = (v8){} + w[(j + (k < width ? k : 0)) * (n + 1) + n];
        for (int i = 0; i < n; i++)
            for (int k = 0; k < 4; k++)
                for (int u = 0; u < U; u++)
                    sum[k][u] += w[(j + (k < width ? k : 0)) * (n + 1) + i] * x[i][u];
        for (int k = 0; k < width; k++)
            for (int u = 0; u < U; u++)
                z[j + k][u] = !relu ? sum[k][u] : (v8)((sum[k][u] > 0) & (__typeof__(sum[k][u] > 0))sum[k][u]);
    }
}

static inline __attribute__((always_inline)) void backward(int n, int m, const double *w, unit *x, unit *dz, unit *dx, double *g) {
    for (int j = 0; j < m; j++) {
        double *gj = g + j * (n + 1);
        for (int i = 0; i < n; i++) {
            v8 s = dz[j][0] * x[i][0] + dz[j][1] * x[i][1] + dz[j][2] * x[i][2] + dz[j][3] * x[i][3];
            gj[i] += ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
        }
        v8 s = dz[j][0] + dz[j][1] + dz[j][2] + dz[j][3];
        gj[n] += ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
    }
    if (!dx) return;
    for (int i = 0; i < n; i += 4) {
        v8 sum[4][U] = {};
        for (int j = 0; j < m; j++)
            for (int k = 0; k < 4; k++)
                for (int u = 0; u < U; u++)
                    sum[k][u] += w[j * (n + 1) + i + k] * dz[j][u];
        for (int k = 0; k < 4; k++)
            for (int u = 0; u < U; u++)
                dx[i + k][u] = (v8)((x[i + k][u] > 0) & (__typeof__(x[i][u] > 0))sum[k][u]);
    }
}

double value_and_grad(const double *rows, long count, const double *w, double *grad) {
    static __thread unit x[N0], h1[N1], h2[N2], z[N3], t[N3], d1[N1], d2[N2], d3[N3];
    double total = 0;
    memset(grad, 0, sizeof(double) * (P1 + P2 + P3));
    for (long r = 0; r < count; r += B) {
        int here = count - r < B ? count - r : B;
        for (int k = 0; k < B; k++) {
            const double *row = rows + (r + (k < here ? k : 0)) * (N0 + N3);
            for (int i = 0; i < N0; i++) ((double *)x[i])[k] = row[i];
            for (int i = 0; i < N3; i++) ((double *)t[i])[k] = row[N0 + i];
        }
        forward(N0, N1, w, x, h1, 1);
        forward(N1, N2, w + P1, h1, h2, 1);
        forward(N2, N3, w + P1 + P2, h2, z, 0);
        for (int k = 0; k < B; k++) {
#define AT(a, j) ((double *)a[j])[k]
#ifdef CROSS_ENTROPY
            double top = AT(z, 0), sum = 0, dot = 0, e[N3];
            for (int j = 1; j < N3; j++) top = AT(z, j) > top ? AT(z, j) : top;
            for (int j = 0; j < N3; j++) { e[j] = exp(AT(z, j) - top); sum += e[j]; dot += AT(t, j) * AT(z, j); }
            if (k < here) total += log(sum) + top - dot;
            for (int j = 0; j < N3; j++) AT(d3, j) = k < here ? e[j] / sum - AT(t, j) : 0;
#else
            for (int j = 0; j < N3; j++) {
                double e = AT(z, j) - AT(t, j);
                if (k < here) total += e * e;
                AT(d3, j) = k < here ? 2 * e : 0;
            }
#endif
        }
        backward(N2, N3, w + P1 + P2, h2, d3, d2, grad + P1 + P2);
        backward(N1, N2, w + P1, h1, d2, d1, grad + P1);
        backward(N0, N1, w, x, d1, 0, grad);
    }
    for (int p = 0; p < P1 + P2 + P3; p++) grad[p] /= count;
    return total / count;
}
