extern "C" {
void writeLog(const char *text);
void requestReload(void);
void install(int number, void (*handler)(int));
}
