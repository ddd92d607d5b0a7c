// A low-pass filter. Each sample of the output needs the one before it, so the
// loop over the samples stays serial, however long the signal is.
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <vector>

static void lowPass(const double *In, double *Out, std::size_t Count, double Weight) {
  Out[0] = In[0];
  for (std::size_t I = 1; I < Count; ++I)
    Out[I] = Weight * In[I] + (1 - Weight) * Out[I - 1];
}

int main() {
  std::vector<double> Signal(1'000'000), Smooth(Signal.size());
  double Phase = 0;
  for (double &Sample : Signal) {
    Sample = std::sin(Phase) + (std::fmod(Phase * 977, 1.0) - 0.5);
    Phase += 0.001;
  }
  lowPass(Signal.data(), Smooth.data(), Signal.size(), 0.05);
  std::printf("last sample %.4f, smoothed %.4f\n", Signal.back(), Smooth.back());
}
