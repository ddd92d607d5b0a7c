// Every pixel is computed on its own: a parallel loop.
#include <cstdio>
#include <vector>

constexpr int Width = 400, Height = 300, Limit = 200;

// Steps until the point leaves the circle of radius 2, at most Limit.
static int escape(double Re, double Im) {
  double X = 0, Y = 0;
  int Steps = 0;
  while (Steps < Limit && X * X + Y * Y <= 4) {
    double Next = X * X - Y * Y + Re;
    Y = 2 * X * Y + Im;
    X = Next;
    ++Steps;
  }
  return Steps;
}

static void render(std::vector<int> &Image) {
  for (int Row = 0; Row < Height; ++Row)
    for (int Column = 0; Column < Width; ++Column)
      Image[Row * Width + Column] = escape(3.0 * Column / Width - 2.0, 2.0 * Row / Height - 1.0);
}

int main() {
  std::vector<int> Image(Width * Height);
  render(Image);
  long Inside = 0;
  for (int Pixel : Image)
    Inside += Pixel == Limit;
  std::printf("%ld of %d pixels never escape\n", Inside, Width * Height);
}
