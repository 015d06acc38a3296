package main

import (
	"cmp"
	"crypto/md5"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

const lastHashKey = "340282366920938463463374607431768211455" // 2^128 - 1

// record is one that was written, or one that was read (with its time of arrival).
type record struct {
	shard, sequence, key, data string
	arrived                    time.Time
}

// producer writes records that are hard to carry and knows what must come back.
type producer struct {
	scenario *scenario
	shards   []types.Shard // the open ones, which say where each key must go
	written  []record
}

func (p *producer) put() {
	entry := p.next(len(p.written))
	answer, err := p.scenario.client.PutRecord(p.scenario.ctx, &kinesis.PutRecordInput{
		StreamName:      &p.scenario.stream,
		PartitionKey:    entry.PartitionKey,
		ExplicitHashKey: entry.ExplicitHashKey,
		Data:            entry.Data,
	})
	must(err)
	p.acknowledged(entry, *answer.ShardId, *answer.SequenceNumber)
}

func (p *producer) putBatch(count int) {
	entries := make([]types.PutRecordsRequestEntry, count)
	for i := range entries {
		entries[i] = p.next(len(p.written) + i)
	}
	answer, err := p.scenario.client.PutRecords(p.scenario.ctx, &kinesis.PutRecordsInput{
		StreamName: &p.scenario.stream,
		Records:    entries,
	})
	must(err)
	expect(*answer.FailedRecordCount == 0, "%d records failed", *answer.FailedRecordCount)
	expect(len(answer.Records) == count, "%d results", len(answer.Records))
	for i, result := range answer.Records {
		p.acknowledged(entries[i], *result.ShardId, *result.SequenceNumber)
	}
}

func (p *producer) next(i int) types.PutRecordsRequestEntry {
	if i%50 == 7 {
		return types.PutRecordsRequestEntry{
			PartitionKey:    aws.String("explicit"),
			ExplicitHashKey: aws.String(lastHashKey),
			Data:            fmt.Appendf(nil, "explicit %d", i),
		}
	}
	key := fmt.Sprintf("key-%d", i%8)
	if i%8 == 0 {
		key = "schlüssel-鍵-🔑"
	}
	return types.PutRecordsRequestEntry{PartitionKey: &key, Data: hardData(i)}
}

func hardData(i int) []byte {
	switch i % 30 {
	case 0:
		return []byte{}
	case 1:
		return []byte{0xff, 0xfe, 0x00, 0xc3, 0x28} // not UTF-8
	case 2:
		every := make([]byte, 256)
		for i := range every {
			every[i] = byte(i)
		}
		return every
	default:
		return fmt.Appendf(nil, "record %d", i)
	}
}

func (p *producer) acknowledged(entry types.PutRecordsRequestEntry, shard, sequence string) {
	digest := md5.Sum([]byte(*entry.PartitionKey))
	hash := new(big.Int).SetBytes(digest[:])
	if entry.ExplicitHashKey != nil {
		hash = number(*entry.ExplicitHashKey)
	}
	home := slices.IndexFunc(p.shards, func(s types.Shard) bool {
		return number(*s.HashKeyRange.StartingHashKey).Cmp(hash) <= 0 &&
			hash.Cmp(number(*s.HashKeyRange.EndingHashKey)) <= 0
	})
	expect(*p.shards[home].ShardId == shard, "%s went to %s", *entry.PartitionKey, shard)
	p.written = append(p.written, record{
		shard: shard, sequence: sequence, key: *entry.PartitionKey, data: string(entry.Data),
	})
}

// check that `read` is exactly what was written, and in order per key.
func (p *producer) check(read []record) {
	back := slices.Clone(read)
	for i := range back {
		back[i].arrived = time.Time{}
	}
	expect(slices.Equal(perKey(back), perKey(p.written)), "other records came back than were put")
}

// perKey sorts by key and leaves the order within a key as it is.
func perKey(records []record) []record {
	sorted := slices.Clone(records)
	slices.SortStableFunc(sorted, func(a, b record) int { return cmp.Compare(a.key, b.key) })
	return sorted
}
