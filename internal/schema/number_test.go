package schema

import "testing"

func TestParseInt(t *testing.T) {
	for _, tt := range []struct {
		text      string
		low, high int64
		want      int64
		fault     Fault
	}{
		{"0", 0, 10, 0, Good},
		{"10", 0, 10, 10, Good},
		{"11", 0, 10, 11, Outside},
		{"", 0, 10, 0, Good},
		{"", 1, 10, 0, Outside},
		{"+5", 0, 10, 5, Good},
		{" 5", 0, 10, 5, Good},
		{"\t5", 0, 10, 5, Good},
		{"5 ", 0, 10, 5, Trailing},
		{"5x", 0, 10, 5, Trailing},
		{"50x", 0, 10, 0, Garbage},
		{"0x5", 0, 10, 0, Trailing},
		{"x", 0, 10, 0, Garbage},
		{"+", 0, 10, 0, Garbage},
		{"-", -5, 5, 0, Garbage},
		{"-5", -5, 5, -5, Good},
		{"-6", -5, 5, -6, Outside},
		{"-0", 0, 10, 0, Outside},
		{"-5", 1, 10, 0, Outside},
		{"-5x", 1, 10, 0, Garbage},
		{"1.5", 0, 10, 1, Trailing},
		{"99999999999999999999", 0, 10, 0, Outside},
	} {
		got, fault := ParseInt(tt.text, tt.low, tt.high)
		if fault != tt.fault || fault != Garbage && got != tt.want {
			t.Errorf("%q in %d to %d: got %d, %d; want %d, %d", tt.text, tt.low, tt.high, got, fault, tt.want, tt.fault)
		}
	}
}

func TestParseDecimal(t *testing.T) {
	for _, tt := range []struct {
		text  string
		shift int
		want  int64
		fault Fault
	}{
		{"1", 3, 1000, Good},
		{"1.5", 3, 1500, Good},
		{".5", 3, 500, Good},
		{"5.", 3, 5000, Good},
		{"", 3, 0, Good},
		{".", 3, 0, Garbage},
		{" 1", 3, 1000, Good},
		{"+1", 3, 1000, Good},
		{"-1", 3, 0, Garbage},
		{"1s", 3, 0, Garbage},
		{"1e3", 3, 0, Garbage},
		{"1.2.3", 3, 0, Garbage},
		{"1.x", 3, 0, Garbage},
		{"0.0005", 3, 1, Surplus},
		{"0.0004", 3, 0, Surplus},
		{"0.9999", 3, 1000, Surplus},
		{"7", 0, 7, Good},
		{"7.5", 0, 8, Surplus},
		{"99999999999999999999", 6, 0, Outside},
	} {
		got, fault := ParseDecimal(tt.text, tt.shift)
		if fault != tt.fault || got != tt.want {
			t.Errorf("%q with %d decimals: got %d, %d; want %d, %d", tt.text, tt.shift, got, fault, tt.want, tt.fault)
		}
	}
}

func TestParseAnyBase(t *testing.T) {
	for text, want := range map[string]int64{
		"16": 16, "0x10": 16, "020": 16, "255": 255, "256": -1, "0b1": -1, "0o7": -1, "0B1": -1, "0O7": -1, "0xb": 11, "1_0": -1, "": -1, "-1": -1, "x": -1,
	} {
		got, ok := ParseAnyBase(text, 255)
		if ok != (want >= 0) || ok && got != uint64(want) {
			t.Errorf("%q: got %d, %v; want %d", text, got, ok, want)
		}
	}
}
