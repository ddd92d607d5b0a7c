// Which memory an expression names, and what pointers are bound to.
// RUN: %heddle dump --stage=facts --format=text %s -- -std=c++20 | FileCheck %s
#include <memory>
#include <vector>

struct Point {
  int X = 0, Y = 0;
  Point *Next = nullptr;
  int &Alias;
  void move() { X += this->Y; }
};

int Global;
thread_local int PerThread;
const int Constant = 3;
int Table[8][8];
std::vector<Point> Points;

// CHECK-LABEL: function Point::move
// CHECK: read this *.Y
// CHECK-NEXT: read this *.X
// CHECK-NEXT: write this *.X

// CHECK-LABEL: function scalars
// CHECK: read global Global
// CHECK-NEXT: write global Global
// CHECK-NOT: PerThread
// CHECK-NOT: Constant
// CHECK-NOT: local
// CHECK: write global Table [2][]
void scalars(int I) {
  int Own = I;
  Own++;
  Global++;
  PerThread++;
  Own += Constant;
  Table[2][I] = Own;
}

// CHECK-LABEL: function pointers
// CHECK: bind local Copy -> parameter 0 *
// CHECK: bind local R -> global Global
// CHECK: bind local Made -> heap places.cpp:
// CHECK: bind local Fresh -> heap places.cpp:
// CHECK: write local Copy *.Next*.X
// CHECK: write parameter 0 *.Alias*
// CHECK: write parameter 1 *.Y
// CHECK: write local R *
// CHECK: write local Fresh *.X
void pointers(Point *P, Point &Q) {
  Point *Copy = P;
  int &R = Global;
  auto Made = std::make_unique<int[]>(4);
  Copy->Next->X = 1;
  P->Alias = 2;
  Q.Y = 3;
  R = 4;
  Point *Fresh = new Point(Q);
  Fresh->X = Made[0];
}

// CHECK-LABEL: function containers
// CHECK: bind local P -> local __begin
// CHECK: read global Points
// CHECK: write global Points [].X
// CHECK: write local P *.Y
void containers(int I) {
  Points[I].X = 1;
  for (Point &P : Points)
    P.Y = 2;
}

// A local is listed once its address is out.
// CHECK-LABEL: function escapes
// CHECK-NOT: local Kept
// CHECK: read local Shared
int escapes() {
  int Kept = 1, Shared = 2;
  auto Add = [&Shared] { Shared++; };
  Add();
  return Kept + Shared;
}

// CHECK-LABEL: function escapes()::lambda
// CHECK: read local Shared
// CHECK-NEXT: write local Shared

// What a lambda copies is its own; what a copied pointer points to is not.
// CHECK-LABEL: function copies{{$}}
// CHECK-LABEL: function copies()::lambda
// CHECK-NOT: Value
// CHECK: write local P *.X
void copies(Point *P, int Value) {
  auto Own = [P, Value]() mutable { Value++; P->X = 1; };
  Own();
}

// CHECK-LABEL: function returned
// CHECK: returns global Points []
Point &returned() { return Points.front(); }

// CHECK-LABEL: function through
// CHECK: write result {{[0-9]+}} *.X
void through() { returned().X = 5; }

// Functions and operators that return a reference to an array.
using Row = int[4];
struct Grid {
  Row Rows[4];
  Row &operator[](int I) { return Rows[I]; }
  Row &at(int I) { return Rows[I]; }
};
Row &row(int I);

// CHECK-LABEL: function arrays
// CHECK: bind local P -> result 3 *
// CHECK: write result 0 *[2]
// CHECK: write result 1 *[3]
// CHECK: write result 2 *[1]
// CHECK: write local P *
void arrays(Grid &G) {
  row(1)[2] = 3;
  G.at(1)[3] = 4;
  G[1][1] = 5;
  int *P = row(3);
  *P = 6;
}
