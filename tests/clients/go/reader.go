package main

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

const mostCalls = 100

// shardRead is what reading a shard gave: up to its end, or to the tail of an open one.
type shardRead struct {
	records  []record
	ended    bool
	children []types.ChildShard
}

func (s *scenario) readShard(
	shard string, start types.ShardIteratorType, at *time.Time,
) (read shardRead) {
	first, err := s.client.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{
		StreamName: &s.stream, ShardId: &shard, ShardIteratorType: start, Timestamp: at,
	})
	must(err)
	iterator := first.ShardIterator
	for range mostCalls {
		answer, err := s.client.GetRecords(s.ctx, &kinesis.GetRecordsInput{
			ShardIterator: iterator, Limit: aws.Int32(100),
		})
		must(err)
		for _, got := range answer.Records {
			read.records = append(read.records, plain(shard, got))
		}
		if iterator = answer.NextShardIterator; iterator == nil {
			read.ended, read.children = true, answer.ChildShards
			checkOrder(read.records)
			return read
		}
		expect(len(answer.ChildShards) == 0, "%s goes on, yet names children", shard)
		if *answer.MillisBehindLatest == 0 && len(answer.Records) == 0 {
			checkOrder(read.records)
			return read
		}
	}
	panic(fmt.Sprintf("%s: no end after %d calls", shard, mostCalls))
}

func plain(shard string, got types.Record) record {
	age := time.Since(*got.ApproximateArrivalTimestamp)
	expect(age.Abs() < 30*time.Second, "a record arrived %s ago", age)
	return record{
		shard:    shard,
		sequence: *got.SequenceNumber,
		key:      *got.PartitionKey,
		data:     string(got.Data),
		arrived:  *got.ApproximateArrivalTimestamp,
	}
}

func checkOrder(records []record) {
	for i := 1; i < len(records); i++ {
		before, after := number(records[i-1].sequence), number(records[i].sequence)
		expect(before.Cmp(after) < 0, "%s comes before %s", before, after)
	}
}

// readLineage reads parents, then the children that their ends name, each once all its parents
// have ended.
func (s *scenario) readLineage(listed []types.Shard) (records []record) {
	known := map[string]types.Shard{}
	var waiting []string
	for _, shard := range listed {
		known[*shard.ShardId] = shard
		if shard.ParentShardId == nil {
			waiting = append(waiting, *shard.ShardId)
		}
	}
	done := map[string]bool{}
	for len(waiting) > 0 {
		id := waiting[0]
		waiting = waiting[1:]
		read := s.readShard(id, types.ShardIteratorTypeTrimHorizon, nil)
		records = append(records, read.records...)
		done[id] = true
		closed := known[id].SequenceNumberRange.EndingSequenceNumber != nil
		expect(read.ended == closed, "%s: ended %t, closed %t", id, read.ended, closed)
		for _, child := range read.children {
			checkChild(child, known[*child.ShardId])
			if !slices.ContainsFunc(child.ParentShards, func(p string) bool { return !done[p] }) {
				waiting = append(waiting, *child.ShardId)
			}
		}
	}
	read, all := slices.Sorted(maps.Keys(done)), slices.Sorted(maps.Keys(known))
	expect(slices.Equal(read, all), "ChildShards led to %v of %v", read, all)
	return records
}

func checkChild(child types.ChildShard, listed types.Shard) {
	parents := []string{*listed.ParentShardId}
	if listed.AdjacentParentShardId != nil {
		parents = append(parents, *listed.AdjacentParentShardId)
	}
	slices.Sort(parents)
	expect(slices.Equal(slices.Sorted(slices.Values(child.ParentShards)), parents),
		"%s: parents %v, not %v", *child.ShardId, child.ParentShards, parents)
	expect(*child.HashKeyRange.StartingHashKey == *listed.HashKeyRange.StartingHashKey &&
		*child.HashKeyRange.EndingHashKey == *listed.HashKeyRange.EndingHashKey,
		"%s has another hash range in the list", *child.ShardId)
}
