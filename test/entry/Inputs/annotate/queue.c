#include <pthread.h>

#define GUARDED_BY(x)

struct queue {
  int length; /* the mutex comes later: C cannot name it here */
  pthread_mutex_t mutex;
  int head;
  int items[8];
};

static struct queue queue;
static pthread_mutex_t countMutex = PTHREAD_MUTEX_INITIALIZER;
static int count;

void put(struct queue *q, int item) {
  pthread_mutex_lock(&q->mutex);
  q->items[q->length++] = item;
  q->head = 0;
  pthread_mutex_unlock(&q->mutex);
  pthread_mutex_lock(&countMutex);
  count++;
  pthread_mutex_unlock(&countMutex);
}

int take(struct queue *q) {
  pthread_mutex_lock(&q->mutex);
  int item = q->items[--q->length + q->head];
  pthread_mutex_unlock(&q->mutex);
  pthread_mutex_lock(&countMutex);
  count--;
  pthread_mutex_unlock(&countMutex);
  return item;
}

static void *run(void *unused) {
  put(&queue, 1);
  return unused;
}

int main(void) {
  pthread_t thread;
  count = 5; /* before anything is started */
  pthread_mutex_init(&queue.mutex, 0);
  pthread_create(&thread, 0, run, 0);
  put(&queue, 2);
  take(&queue);
  pthread_join(thread, 0);
  return 0;
}
