// Command kinesis-client runs the scenario of every client test with the AWS SDK for Go 2 as it
// comes. Usage: kinesis-client STREAM, with endpoint, keys and region in the standard AWS_*
// variables. It prints one JSON line of figures; any broken expectation ends it with code 1.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const middleOfLowerHalf = "85070591730234615865843651857942052864" // 2^126

type scenario struct {
	ctx      context.Context
	client   *kinesis.Client
	stream   string
	producer *producer
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: kinesis-client STREAM")
		os.Exit(2)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	settings, err := config.LoadDefaultConfig(ctx)
	must(err)
	wire := &wire{}
	s := &scenario{
		ctx:    ctx,
		client: kinesis.NewFromConfig(settings, wire.record),
		stream: os.Args[1],
	}
	s.producer = &producer{scenario: s}

	s.create()
	for range 20 {
		s.producer.put()
	}
	for range 3 {
		s.producer.putBatch(100)
	}
	s.checkEverythingCameBack()
	s.checkReadingFromATime()

	s.split()
	for range 20 {
		s.producer.put()
	}
	s.merge()
	s.producer.putBatch(100)
	shards := s.listShards()
	read := s.readLineage(shards)
	s.producer.check(read)

	s.checkUnknownStream()
	s.delete()
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"sdk":          "aws-sdk-go-v2 " + aws.SDKVersion,
		"written":      len(s.producer.written),
		"read":         len(read),
		"shards":       len(shards),
		"http":         wire.http,
		"content_type": wire.contentType,
	}))
}

func (s *scenario) create() {
	_, err := s.client.CreateStream(s.ctx, &kinesis.CreateStreamInput{
		StreamName:        &s.stream,
		ShardCount:        aws.Int32(2),
		StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeProvisioned},
	})
	must(err)
	s.untilActive()
	summary := s.describe()
	expect(*summary.StreamName == s.stream, "the stream is called %s", *summary.StreamName)
	expect(summary.StreamStatus == types.StreamStatusActive, "status %s", summary.StreamStatus)
	mode := summary.StreamModeDetails.StreamMode
	expect(mode == types.StreamModeProvisioned, "mode %s", mode)
	expect(*summary.OpenShardCount == 2, "%d open shards", *summary.OpenShardCount)
	expect(*summary.RetentionPeriodHours == 24, "%d hours", *summary.RetentionPeriodHours)
	age := time.Since(*summary.StreamCreationTimestamp)
	expect(age.Abs() < time.Minute, "the stream was created %s ago", age)

	shards := s.listShards()
	expect(len(shards) == 2, "%d shards", len(shards))
	lower, upper := shards[0].HashKeyRange, shards[1].HashKeyRange
	expect(*lower.StartingHashKey == "0", "the first hash key is %s", *lower.StartingHashKey)
	next := new(big.Int).Add(number(*lower.EndingHashKey), big.NewInt(1))
	expect(next.Cmp(number(*upper.StartingHashKey)) == 0, "a gap between the hash ranges")
	expect(*upper.EndingHashKey == lastHashKey, "the last hash key is %s", *upper.EndingHashKey)
	s.producer.shards = shards
}

func (s *scenario) untilActive() {
	waiter := kinesis.NewStreamExistsWaiter(s.client, func(o *kinesis.StreamExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 100*time.Millisecond, time.Second
	})
	must(waiter.Wait(s.ctx, &kinesis.DescribeStreamInput{StreamName: &s.stream}, time.Minute))
}

func (s *scenario) describe() *types.StreamDescriptionSummary {
	answer, err := s.client.DescribeStreamSummary(s.ctx,
		&kinesis.DescribeStreamSummaryInput{StreamName: &s.stream})
	must(err)
	return answer.StreamDescriptionSummary
}

func (s *scenario) listShards() []types.Shard {
	answer, err := s.client.ListShards(s.ctx, &kinesis.ListShardsInput{StreamName: &s.stream})
	must(err)
	expect(answer.NextToken == nil, "ListShards gave a token for a few shards")
	return answer.Shards
}

func (s *scenario) checkEverythingCameBack() {
	var back []record
	for _, shard := range s.producer.shards {
		read := s.readShard(*shard.ShardId, types.ShardIteratorTypeTrimHorizon, nil)
		expect(!read.ended, "%s is open, yet reading it came to an end", *shard.ShardId)
		back = append(back, read.records...)
	}
	s.producer.check(back)
}

func (s *scenario) checkReadingFromATime() {
	for _, shard := range s.producer.shards {
		all := s.readShard(*shard.ShardId, types.ShardIteratorTypeTrimHorizon, nil).records
		since := all[len(all)-1].arrived
		first := slices.IndexFunc(all, func(r record) bool { return !r.arrived.Before(since) })
		expect(first > 0, "all records arrived in the same millisecond")
		read := s.readShard(*shard.ShardId, types.ShardIteratorTypeAtTimestamp, &since)
		expect(slices.Equal(read.records, all[first:]), "AT_TIMESTAMP %s: %d records, not %d",
			since, len(read.records), len(all)-first)
	}
}

func (s *scenario) split() {
	_, err := s.client.SplitShard(s.ctx, &kinesis.SplitShardInput{
		StreamName:         &s.stream,
		ShardToSplit:       s.producer.shards[0].ShardId,
		NewStartingHashKey: aws.String(middleOfLowerHalf),
	})
	must(err)
	s.untilActive()
	s.producer.shards = s.listShards()[1:]
	open := *s.describe().OpenShardCount
	expect(open == 3 && len(s.producer.shards) == 3, "%d open shards after the split", open)
}

func (s *scenario) merge() {
	upper, middle := s.producer.shards[0].ShardId, s.producer.shards[2].ShardId
	_, err := s.client.MergeShards(s.ctx, &kinesis.MergeShardsInput{
		StreamName:           &s.stream,
		ShardToMerge:         middle,
		AdjacentShardToMerge: upper,
	})
	must(err)
	s.untilActive()
	shards := s.listShards()
	open := *s.describe().OpenShardCount
	expect(open == 2 && len(shards) == 5, "%d of %d shards open", open, len(shards))
	merged := shards[4]
	expect(*merged.ParentShardId == *middle && *merged.AdjacentParentShardId == *upper,
		"the merged shard's parents are %s and %s",
		*merged.ParentShardId, *merged.AdjacentParentShardId)
	s.producer.shards = []types.Shard{shards[2], merged}
}

func (s *scenario) checkUnknownStream() {
	account := strings.Split(*s.describe().StreamARN, ":")[4]
	unknown := s.stream + "-unknown"
	_, err := s.client.DescribeStreamSummary(s.ctx,
		&kinesis.DescribeStreamSummaryInput{StreamName: &unknown})
	var notFound *types.ResourceNotFoundException
	expect(errors.As(err, &notFound), "not a ResourceNotFoundException: %v", err)
	message := fmt.Sprintf("Stream %s under account %s not found.", unknown, account)
	expect(notFound.ErrorMessage() == message, "message %q", notFound.ErrorMessage())
	var answer *smithyhttp.ResponseError
	expect(errors.As(err, &answer) && answer.HTTPStatusCode() == 400, "not status 400: %v", err)
}

func (s *scenario) delete() {
	_, err := s.client.DeleteStream(s.ctx, &kinesis.DeleteStreamInput{StreamName: &s.stream})
	must(err)
	waiter := kinesis.NewStreamNotExistsWaiter(s.client,
		func(o *kinesis.StreamNotExistsWaiterOptions) {
			o.MinDelay, o.MaxDelay = 100*time.Millisecond, time.Second
		})
	must(waiter.Wait(s.ctx, &kinesis.DescribeStreamInput{StreamName: &s.stream}, time.Minute))
}
