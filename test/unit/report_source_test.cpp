#include "report/source.h"
#include "report_support.h"

using namespace heddle;

namespace {
struct SourceTest : ReportTest {};

std::string shownCells(llvm::StringRef Line) {
  std::string Out;
  for (const Cell &C : cells(Line))
    Out += C.Text;
  return Out;
}
unsigned width(llvm::StringRef Line) {
  unsigned W = 0;
  for (const Cell &C : cells(Line))
    W += C.Width;
  return W;
}
} // namespace

TEST_F(SourceTest, Lines) {
  Sources S;
  Symbol F = file("a.cpp", "one\r\n\nthree");
  EXPECT_EQ(S.line(F, 1), llvm::StringRef("one"));
  EXPECT_EQ(S.line(F, 2), llvm::StringRef(""));
  EXPECT_EQ(S.line(F, 3), llvm::StringRef("three"));
  EXPECT_EQ(S.line(F, 4), std::nullopt);
  EXPECT_EQ(S.line(F, 0), std::nullopt);
  EXPECT_EQ(S.line(Symbol("/no/such/file"), 1), std::nullopt);
  EXPECT_EQ(S.line(Symbol(Directory), 1), std::nullopt);
  EXPECT_EQ(S.line(Symbol("/dev/zero"), 1), std::nullopt);
  EXPECT_EQ(S.line(Symbol(), 1), std::nullopt);
  // The end of the last line begins no other.
  EXPECT_EQ(S.line(file("b.cpp", "one\n"), 2), std::nullopt);
  EXPECT_EQ(S.line(file("c.cpp", ""), 1), llvm::StringRef(""));
}

TEST_F(SourceTest, Cells) {
  EXPECT_EQ(width("\tx"), 9u);
  EXPECT_EQ(width("abc\tx"), 9u);
  EXPECT_EQ(width("\xc3\xa4"), 1u);        // ä
  EXPECT_EQ(width("\xe7\xb7\x9a"), 2u);    // a wide character
  EXPECT_EQ(width("e\xcc\x81"), 1u);       // a combining accent
  EXPECT_EQ(width("\xef\xbb\xbfint"), 3u); // a byte order mark
  EXPECT_EQ(shownCells("a\x1b[2J"), "a<U+001B>[2J");
  EXPECT_EQ(shownCells("\xff\xc3"), "<FF><C3>");
  EXPECT_EQ(shownCells("\xc2\x9b"), "<U+009B>");
  EXPECT_EQ(shownCells("\xe2\x80\xae"), "<U+202E>"); // right-to-left override
  EXPECT_EQ(width("\x1b"), 8u);
}

TEST_F(SourceTest, Printable) {
  EXPECT_EQ(printable("plain"), "plain");
  EXPECT_EQ(printable("a\tb\nc\r"), "a b<U+000A>c<U+000D>");
  EXPECT_EQ(printable("\xc3\xa4"), "\xc3\xa4");
  EXPECT_EQ(printable(llvm::StringRef("\0", 1)), "<U+0000>");
}

TEST_F(SourceTest, Utf16Columns) {
  EXPECT_EQ(utf16Column("abc", 3), 3u);
  EXPECT_EQ(utf16Column("\xc3\xa4x", 3), 2u);         // one unit of two bytes
  EXPECT_EQ(utf16Column("\xf0\x9f\xa7\xb5x", 5), 3u); // a surrogate pair
  EXPECT_EQ(utf16Column("\xffx", 2), 2u);             // an illegal byte
  EXPECT_EQ(utf16Column("\xef\xbb\xbfx", 4), 1u);     // after the byte order mark
  EXPECT_EQ(utf16Column("ab", 5), 5u);                // behind the line
  EXPECT_EQ(utf16Column("ab", 0), 0u);
}

TEST_F(SourceTest, Below) {
  EXPECT_EQ(below("/a/b", "/a/b/c.cpp"), "c.cpp");
  EXPECT_EQ(below("/a/b/", "/a/b/c/d.cpp"), "c/d.cpp");
  EXPECT_EQ(below("/a/b", "/a/bc.cpp"), "/a/bc.cpp");
  EXPECT_EQ(below("/a/b", "/a/b"), "/a/b");
  EXPECT_EQ(below("/", "/a.cpp"), "a.cpp");
  EXPECT_EQ(below("", "/a.cpp"), "/a.cpp");
  EXPECT_EQ(below("/a", "x.cpp"), "x.cpp");
}
