// Publishes COUNT messages of SIZE bytes to a JetStream file stream with the NATS C client, or reads them, and prints one line of figures.
// usage: nats-stream publish|consume URL STREAM COUNT SIZE
// publish: time runs from the first publish to the last acknowledgement. consume: publishes outside the time, which then runs from the
// subscription to the last message; a push subscription without acknowledgements, the cheapest way NATS has to read a stream.
// Prints: messages/s, MB/s (10^6 bytes of payload), seconds.
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_s(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void check(natsStatus status, const char *what) {
  if (status == NATS_OK) return;
  fprintf(stderr, "nats-stream: %s: %s\n", what, natsStatus_GetText(status));
  exit(1);
}

static void read_all(jsCtx *js, const char *name, long count) {
  jsSubOptions options;
  check(jsSubOptions_Init(&options), "subscribe options");
  options.Config.AckPolicy = js_AckNone;
  options.Config.DeliverPolicy = js_DeliverAll;
  natsSubscription *subscription = NULL;
  check(js_SubscribeSync(&subscription, js, name, NULL, &options, NULL), "subscribe");
  check(natsSubscription_SetPendingLimits(subscription, -1, -1), "pending limits");
  for (long i = 0; i < count; i++) {
    natsMsg *message = NULL;
    check(natsSubscription_NextMsg(&message, subscription, 10000), "next message");
    natsMsg_Destroy(message);
  }
  natsSubscription_Destroy(subscription);
}

int main(int argc, char **argv) {
  if (argc < 6) {
    fprintf(stderr, "usage: nats-stream publish|consume URL STREAM COUNT SIZE\n");
    return 2;
  }
  const char *url = argv[2];
  const char *name = argv[3];
  const long count = atol(argv[4]);
  const int size = atoi(argv[5]);
  natsConnection *connection = NULL;
  jsCtx *js = NULL;
  jsOptions options;
  check(natsConnection_ConnectTo(&connection, url), "connect");
  check(jsOptions_Init(&options), "options");
  options.PublishAsync.MaxPending = 10000;
  check(natsConnection_JetStream(&js, connection, &options), "jetstream");
  jsStreamConfig stream;
  check(jsStreamConfig_Init(&stream), "stream config");
  const char *subjects[] = {name};
  stream.Name = name;
  stream.Subjects = subjects;
  stream.SubjectsLen = 1;
  stream.Storage = js_FileStorage;
  check(js_AddStream(NULL, js, &stream, NULL, NULL), "add stream");
  char *payload = malloc((size_t)size);
  for (int i = 0; i < size; i++) payload[i] = (char)('a' + (i * 7) % 26);
  double started = now_s();
  for (long i = 0; i < count; i++) check(js_PublishAsync(js, name, payload, size, NULL), "publish");
  check(js_PublishAsyncComplete(js, NULL), "complete");
  if (strcmp(argv[1], "consume") == 0) {
    started = now_s();
    read_all(js, name, count);
  }
  const double seconds = now_s() - started;
  printf("%.0f msg/s %.1f MB/s %.3f s\n", (double)count / seconds, (double)count * size / seconds / 1e6, seconds);
  check(js_DeleteStream(js, name, NULL, NULL), "delete stream");
  jsCtx_Destroy(js);
  natsConnection_Destroy(connection);
  nats_Close();
  free(payload);
  return 0;
}
