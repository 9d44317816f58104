// Produces COUNT messages of SIZE bytes with librdkafka and prints one line of figures: the driver of `npm run bench`.
// usage: rdkafka-produce BROKERS|mock TOPIC COUNT SIZE ACKS [keep|delete]
// `delete` deletes the topic after the measurement: its page-cache pages are free again for the next round. On a virtual machine
// pages the guest never touched cost the host's fault on top (10 times the copy), which says nothing about the broker.
// `mock` uses librdkafka's in-process mock broker, which keeps nothing: the ceiling of this driver on this machine.
// Prints: messages/s, MB/s (10^6 bytes of payload), seconds, failed deliveries. Time runs from the first produce call
// to the last delivery report; the connection and the metadata are there before.
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long delivered, failed;

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk, (void)opaque;
  if (message->err) failed++;
  else delivered++;
}

static double now_s(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char error[512];
  if (rd_kafka_conf_set(conf, name, value, error, sizeof error) == RD_KAFKA_CONF_OK) return;
  fprintf(stderr, "rdkafka-produce: %s\n", error);
  exit(2);
}

static void delete_topic(rd_kafka_t *rk, const char *name) {
  rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
  rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
  rd_kafka_DeleteTopics(rk, &topic, 1, NULL, queue);
  rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 10000);
  if (!event || rd_kafka_event_error(event)) fprintf(stderr, "rdkafka-produce: topic %s was not deleted\n", name);
  if (event) rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_DeleteTopic_destroy(topic);
}

int main(int argc, char **argv) {
  if (argc < 6) {
    fprintf(stderr, "usage: rdkafka-produce BROKERS|mock TOPIC COUNT SIZE ACKS [keep|delete]\n");
    return 2;
  }
  const long count = atol(argv[3]);
  const size_t size = (size_t)atol(argv[4]);
  char error[512];

  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  if (strcmp(argv[1], "mock") == 0) set(conf, "test.mock.num.brokers", "1");
  else set(conf, "bootstrap.servers", argv[1]);
  set(conf, "acks", argv[5]);
  set(conf, "linger.ms", "5");
  set(conf, "batch.num.messages", "10000");
  set(conf, "batch.size", "1000000");
  set(conf, "queue.buffering.max.messages", "500000");
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (!rk) {
    fprintf(stderr, "rdkafka-produce: %s\n", error);
    return 2;
  }
  rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, argv[2], NULL);
  const struct rd_kafka_metadata *metadata;
  rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 0, topic, &metadata, 10000);
  if (err) {
    fprintf(stderr, "rdkafka-produce: metadata: %s\n", rd_kafka_err2str(err));
    return 1;
  }
  rd_kafka_metadata_destroy(metadata);

  char *payload = malloc(size);
  for (size_t i = 0; i < size; i++) payload[i] = (char)('a' + (i * 7) % 26);
  const double started = now_s();
  for (long i = 0; i < count; i++) {
    while (rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, payload, size, NULL, 0, NULL) == -1) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        fprintf(stderr, "rdkafka-produce: %s\n", rd_kafka_err2str(rd_kafka_last_error()));
        return 1;
      }
      rd_kafka_poll(rk, 10);
    }
    if ((i & 1023) == 0) rd_kafka_poll(rk, 0);
  }
  while (delivered + failed < count && now_s() - started < 120) rd_kafka_poll(rk, 50);
  const double seconds = now_s() - started;
  printf("%.0f msg/s %.1f MB/s %.3f s %ld failed\n", (double)delivered / seconds,
         (double)delivered * (double)size / seconds / 1e6, seconds, failed + (count - delivered - failed));
  if (argc > 6 && strcmp(argv[6], "delete") == 0) delete_topic(rk, argv[2]);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(rk);
  free(payload);
  return failed || delivered < count ? 1 : 0;
}
