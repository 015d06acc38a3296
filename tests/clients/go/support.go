package main

import (
	"context"
	"fmt"
	"math/big"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// wire notes what the SDK sends and the HTTP version of the answers.
type wire struct{ http, contentType string }

func (w *wire) record(options *kinesis.Options) {
	note := middleware.DeserializeMiddlewareFunc("RecordTheWire", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		if answer, ok := out.RawResponse.(*smithyhttp.Response); ok {
			w.http = strings.TrimSuffix(strings.TrimPrefix(answer.Proto, "HTTP/"), ".0")
			w.contentType = in.Request.(*smithyhttp.Request).Header.Get("Content-Type")
		}
		return out, metadata, err
	})
	options.APIOptions = append(options.APIOptions, func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(note, middleware.After)
	})
}

func must(err error) {
	expect(err == nil, "%v", err)
}

// expect panics, so that the place of the broken expectation is seen.
func expect(holds bool, format string, values ...any) {
	if !holds {
		panic(fmt.Sprintf(format, values...))
	}
}

func number(decimal string) *big.Int {
	value, ok := new(big.Int).SetString(decimal, 10)
	expect(ok, "%q is no number", decimal)
	return value
}
