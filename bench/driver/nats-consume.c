// Reads COUNT messages of SIZE bytes from a JetStream file stream with the NATS C client and prints one line of figures.
// usage: nats-consume URL STREAM COUNT SIZE
// Publishes them first, outside the time. A push subscription without acknowledgements: the cheapest way NATS has to read a stream.
// Prints: messages/s, MB/s (10^6 bytes of payload), seconds. Time runs from the subscription to the last message.
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
  fprintf(stderr, "nats-consume: %s: %s\n", what, natsStatus_GetText(status));
  exit(1);
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: nats-consume URL STREAM COUNT SIZE\n");
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
  char *payload = calloc((size_t)size, 1);
  for (long i = 0; i < count; i++) check(js_PublishAsync(js, argv[2], payload, size, NULL), "publish");
  check(js_PublishAsyncComplete(js, NULL), "complete");

  jsSubOptions subscribe;
  check(jsSubOptions_Init(&subscribe), "subscribe options");
  subscribe.Config.AckPolicy = js_AckNone;
  subscribe.Config.DeliverPolicy = js_DeliverAll;
  natsSubscription *subscription = NULL;
  const double started = now_s();
  check(js_SubscribeSync(&subscription, js, argv[2], NULL, &subscribe, NULL), "subscribe");
  check(natsSubscription_SetPendingLimits(subscription, -1, -1), "pending limits");
  for (long i = 0; i < count; i++) {
    natsMsg *message = NULL;
    check(natsSubscription_NextMsg(&message, subscription, 10000), "next message");
    natsMsg_Destroy(message);
  }
  const double seconds = now_s() - started;
  printf("%.0f msg/s %.1f MB/s %.3f s\n", (double)count / seconds, (double)count * size / seconds / 1e6, seconds);
  natsSubscription_Destroy(subscription);
  check(js_DeleteStream(js, argv[2], NULL, NULL), "delete stream");
  jsCtx_Destroy(js);
  natsConnection_Destroy(connection);
  nats_Close();
  free(payload);
  return 0;
}
