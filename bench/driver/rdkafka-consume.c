// Consumes COUNT messages of partition 0 from the beginning with librdkafka and prints one line: the driver of `npm run bench`.
// usage: rdkafka-consume BROKERS TOPIC COUNT
// Prints: messages/s, MB/s (10^6 bytes of payload), seconds. Time runs from the first message to the last, so that connecting and
// the first round trips do not count.
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BATCH 10000

static double now_s(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char error[512];
  if (rd_kafka_conf_set(conf, name, value, error, sizeof error) == RD_KAFKA_CONF_OK) return;
  fprintf(stderr, "rdkafka-consume: %s\n", error);
  exit(2);
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: rdkafka-consume BROKERS TOPIC COUNT\n");
    return 2;
  }
  const long count = atol(argv[3]);
  char error[512];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", argv[1]);
  set(conf, "queued.min.messages", "1000000");
  set(conf, "queued.max.messages.kbytes", "262144");
  set(conf, "check.crcs", "false");
  rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  if (!rk) {
    fprintf(stderr, "rdkafka-consume: %s\n", error);
    return 2;
  }
  rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, argv[2], NULL);
  if (rd_kafka_consume_start(topic, 0, RD_KAFKA_OFFSET_BEGINNING) == -1) {
    fprintf(stderr, "rdkafka-consume: %s\n", rd_kafka_err2str(rd_kafka_last_error()));
    return 1;
  }
  rd_kafka_message_t **messages = malloc(sizeof *messages * BATCH);
  long seen = 0;
  double bytes = 0, started = 0, ended = 0;
  const double deadline = now_s() + 120;
  while (seen < count && now_s() < deadline) {
    const ssize_t got = rd_kafka_consume_batch(topic, 0, 1000, messages, BATCH);
    if (got > 0 && started == 0) started = now_s();
    for (ssize_t i = 0; i < got; i++) {
      if (!messages[i]->err) {
        seen++;
        bytes += (double)messages[i]->len;
      }
      rd_kafka_message_destroy(messages[i]);
    }
    ended = now_s();
  }
  const double seconds = ended - started;
  printf("%.0f msg/s %.1f MB/s %.3f s\n", (double)seen / seconds, bytes / seconds / 1e6, seconds);
  fflush(stdout);
  _Exit(seen < count ? 1 : 0); // The orderly way waits for fetches in flight.
}
