// Publishes COUNT messages of SIZE bytes to a JetStream file stream with the NATS C client and prints one line of figures.
// usage: nats-publish URL STREAM COUNT SIZE
// Prints: messages/s, MB/s (10^6 bytes of payload), seconds. Time runs from the first publish to the last acknowledgement.
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_s(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void check(natsStatus status, const char *what) {
  if (status == NATS_OK) return;
  fprintf(stderr, "nats-publish: %s: %s\n", what, natsStatus_GetText(status));
  exit(1);
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: nats-publish URL STREAM COUNT SIZE\n");
    return 2;
  }
  const long count = atol(argv[3]);
  const int size = atoi(argv[4]);
  natsConnection *connection = NULL;
  jsCtx *js = NULL;
  jsOptions options;
  check(natsConnection_ConnectTo(&connection, argv[1]), "connect");
  check(jsOptions_Init(&options), "options");
  options.PublishAsync.MaxPending = 10000;
  check(natsConnection_JetStream(&js, connection, &options), "jetstream");
  jsStreamConfig stream;
  check(jsStreamConfig_Init(&stream), "stream config");
  const char *subjects[] = {argv[2]};
  stream.Name = argv[2];
  stream.Subjects = subjects;
  stream.SubjectsLen = 1;
  stream.Storage = js_FileStorage;
  check(js_AddStream(NULL, js, &stream, NULL, NULL), "add stream");

  char *payload = malloc((size_t)size);
  for (int i = 0; i < size; i++) payload[i] = (char)('a' + (i * 7) % 26);
  const double started = now_s();
  for (long i = 0; i < count; i++) check(js_PublishAsync(js, argv[2], payload, size, NULL), "publish");
  check(js_PublishAsyncComplete(js, NULL), "complete");
  const double seconds = now_s() - started;
  printf("%.0f msg/s %.1f MB/s %.3f s\n", (double)count / seconds, (double)count * size / seconds / 1e6, seconds);
  check(js_DeleteStream(js, argv[2], NULL, NULL), "delete stream");
  jsCtx_Destroy(js);
  natsConnection_Destroy(connection);
  nats_Close();
  free(payload);
  return 0;
}
