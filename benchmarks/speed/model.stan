// The same posterior in Stan: sum-to-zero by an orthonormal basis, one loop over the killings.
data {
  int<lower=2> K;                    // actors, the last cannot claim by name
  int N;
  int R; int RB; matrix[R, RB] rank_basis; array[N] int rank_;
  int T; int TB; matrix[T, TB] time_basis; array[N] int time_;
  int A; array[N] int area;
  array[N] int perpetrator;          // 0: not known
  array[N] int claim; int P; array[P, K - 1] int claimed;  // pattern of claims, and who claims in each
  matrix[K, K - 1] Q;                // orthonormal, columns sum to zero
  matrix[A, A - 1] QA;
}
parameters {
  vector[K - 1] baseline;
  matrix[RB, K - 1] rank_raw;
  matrix[TB, K - 1] time_raw;
  matrix[A - 1, K - 1] area_raw;
  real<lower=0> rank_sd;
  real<lower=0> time_sd;
  real<lower=0> area_sd;
  real claim_mean;
  real<lower=0> claim_sd;
  vector[K - 1] propensity;
  real false_mean;
  vector[K - 1] false_claim;
}
model {
  matrix[R, K] by_rank = rank_sd * (rank_basis * rank_raw) * Q';
  matrix[T, K] by_time = time_sd * (time_basis * time_raw) * Q';
  matrix[A, K] by_area = area_sd * QA * area_raw * Q';
  row_vector[K] common = (Q * baseline)';
  matrix[P, K] law;                  // pattern, actor
  for (p in 1 : P) {
    real nobody = 0;
    for (j in 1 : K - 1) {
      nobody += claimed[p, j] ? log_inv_logit(false_claim[j]) : log1m_inv_logit(false_claim[j]);
    }
    for (k in 1 : K - 1) {
      law[p, k] = nobody + (claimed[p, k] ? log_inv_logit(propensity[k]) - log_inv_logit(false_claim[k])
                                          : log1m_inv_logit(propensity[k]) - log1m_inv_logit(false_claim[k]));
    }
    law[p, K] = nobody;
  }
  baseline ~ normal(0, 1.5);
  to_vector(rank_raw) ~ std_normal();
  to_vector(time_raw) ~ std_normal();
  to_vector(area_raw) ~ std_normal();
  rank_sd ~ normal(0, 0.5);
  time_sd ~ normal(0, 0.5);
  area_sd ~ normal(0, 0.5);
  claim_mean ~ normal(-1.5, 1.5);
  claim_sd ~ normal(0, 1.5);
  propensity ~ normal(claim_mean, claim_sd);
  false_mean ~ normal(-4, 0.8);
  false_claim ~ normal(false_mean, 0.6);
  for (n in 1 : N) {
    row_vector[K] eta = common + by_rank[rank_[n]] + by_time[time_[n]] + by_area[area[n]];
    row_vector[K] joint = eta + law[claim[n]];
    if (perpetrator[n] > 0) {
      target += joint[perpetrator[n]] - log_sum_exp(eta);
    } else {
      target += log_sum_exp(joint) - log_sum_exp(eta);
    }
  }
}
